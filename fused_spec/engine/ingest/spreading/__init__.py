"""The passes as tasks of many machines, and the exchange where these meet."""
