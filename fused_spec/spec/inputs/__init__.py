"""What a step reads: elements of a map, local files, and what can be told of them before anything runs."""
