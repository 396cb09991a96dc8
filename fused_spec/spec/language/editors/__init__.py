"""Schemas for editors: what a person may write, with names in `${…}` where values vary, all of it made of the one
schema that documents are checked against once everything is filled in."""
