"""What programs read: JSON, SARIF, annotations, YAML."""
