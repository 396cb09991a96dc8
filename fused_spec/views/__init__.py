"""How results are shown: text, JSON, Markdown, and a live table."""
