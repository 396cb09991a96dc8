"""From what runs left to what it holds: read in parts where it lies, told in facts, and written in other forms.

Nothing here knows where the bytes come from (`model.Content`), and nothing is read that was not asked for.
"""
