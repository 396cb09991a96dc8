"""An apply while it goes on: a row for each change."""
