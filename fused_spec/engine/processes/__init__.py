"""Tasks in processes of this machine: forked, held to their limits, their answers packed.

Nothing here knows what a task does.
"""
