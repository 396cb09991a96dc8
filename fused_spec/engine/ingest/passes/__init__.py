"""The three passes over the rows: survey, scatter, gather, and the shelves between them."""
