"""Carry out a plan to its end: changes in their order, events as they happen, one outcome for each."""
