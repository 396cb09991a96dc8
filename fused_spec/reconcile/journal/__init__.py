"""What this project meant to do, written down before it was sent, and what became of it."""
