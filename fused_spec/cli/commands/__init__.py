"""A module for each command, thin: gather, do, show; imported when it is called."""
