"""Which packages an environment holds, as far as their metadata tells; nothing is imported or installed."""
