"""Where to apply: the target, the local service, and what is kept between two applies."""
