"""Specs from Python: what `fused_spec.load` gives, over what the commands use.

It goes their way, with the same locks, archive and exceptions, and prints nothing but warnings. What the environment
says (`FUSED_SPEC_TARGET` and others) counts here as it does there; nobody is asked before an apply.
"""
