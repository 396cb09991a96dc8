"""What people write: YAML documents become checked specs, checked specs become desired state. No network."""
