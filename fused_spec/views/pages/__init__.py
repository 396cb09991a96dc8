"""Runs as pages for a browser: values that a page shows, made of what is kept, and the file that shows them."""
