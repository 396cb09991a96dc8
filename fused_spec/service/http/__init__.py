"""What every request passes, and in which form it is answered: sizes, times, rights, errors.

Nothing here knows of jobs.
"""
