"""What all rows agree on of a job: its status, its folder, and what is no input."""
