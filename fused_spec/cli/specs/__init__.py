"""Specs as commands have them: read with their problems shown, rendered, and begun."""
