"""How executing fails, in words that end up in a job's log."""


class StepFailed(Exception):
    """A step cannot be done; the text says what and why, and is shown to the user as it is."""
