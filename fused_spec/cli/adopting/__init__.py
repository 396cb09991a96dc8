"""What is there, as specs: read, written to files of their own, and planned."""
