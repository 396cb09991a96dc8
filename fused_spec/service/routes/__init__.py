"""The endpoints of the protocol, a module per noun."""
