"""The means of the system: bounds on what is written, removal, clocks."""
