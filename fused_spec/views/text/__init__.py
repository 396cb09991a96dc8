"""Text for a terminal, a module for each thing that is shown."""
