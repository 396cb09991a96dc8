"""Where things are kept between two applies: a local folder or a bucket, and the lock on it.

Nothing here knows what is kept.
"""
