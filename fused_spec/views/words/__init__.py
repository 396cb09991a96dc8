"""Pieces of text: words, numbers, tones, and foreign text made harmless."""
