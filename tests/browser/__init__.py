"""What people see: pages opened from a file in a real browser that has no network."""
