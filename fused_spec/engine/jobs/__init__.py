"""One job from its request to its end: the worker, its steps, and the process that forks it."""
