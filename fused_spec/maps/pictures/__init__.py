"""From arrays of values to pictures in the projection of a map, with the meaning of their colours."""
