"""What is kept of a run that ended: receipt, log, facts; whole or not at all."""
