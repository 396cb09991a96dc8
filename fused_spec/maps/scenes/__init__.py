"""What a map shows in pixels: one frozen value, of which each form is made."""
