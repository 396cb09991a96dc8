"""The state folder: its database, its private files, its lock, and how a command finds the service that holds it."""
