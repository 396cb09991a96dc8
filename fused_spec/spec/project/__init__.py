"""The project around the specs: its own file, its lock file, and what it declares besides."""
