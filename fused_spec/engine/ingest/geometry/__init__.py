"""Geometry as bytes: between WKB, text and objects, measured, and taken apart.

Nothing here knows of files.
"""
