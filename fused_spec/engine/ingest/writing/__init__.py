"""What a table is besides its rows: its place, its metadata, and what was expected of it."""
