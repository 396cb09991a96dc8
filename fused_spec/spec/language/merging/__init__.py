"""Layers: what different places say of one document, and the one operator that puts a stronger over a weaker."""
