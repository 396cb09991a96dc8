"""Python environments that jobs name, and how one is built."""
