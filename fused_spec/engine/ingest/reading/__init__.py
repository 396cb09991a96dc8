"""From files to rows of one schema: what a file is, what its author says of it, its columns, geometry in degrees.

A room for each family of formats; nothing here knows where a row goes.
"""
