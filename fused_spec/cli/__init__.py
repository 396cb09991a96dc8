"""The command line: thin commands that gather, do, show."""
