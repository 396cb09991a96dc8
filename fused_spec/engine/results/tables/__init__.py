"""Tables in the forms in which they are handed out, and their cells as these forms have them."""
