"""From bytes to documents: YAML as plain values, with the place of every key and value.

Nothing here knows what a spec may say; a problem is put at its place here, and found elsewhere.
"""
