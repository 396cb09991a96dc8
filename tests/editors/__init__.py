"""What editors make of the schemas: the unmodified YAML language server, with each schema as a person would name it."""
