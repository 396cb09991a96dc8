"""What a run leaves for its service: log, events, facts."""
