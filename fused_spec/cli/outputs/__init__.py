"""Outputs of runs, and what lies at addresses: found through a target, with what is known of them."""
