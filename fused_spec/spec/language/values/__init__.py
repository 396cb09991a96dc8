"""What names stand for at a target, with what flags, files and the environment say."""
