"""The command and the person: streams, options, questions, suggestions.

Nothing here knows of jobs.
"""
