"""What executes jobs, in processes of its own."""
