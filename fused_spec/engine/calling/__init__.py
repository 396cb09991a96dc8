"""From an element of an input, or the words of a URL, to the arguments of a call.

Nothing here knows of jobs or processes.
"""
