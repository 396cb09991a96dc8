"""Decide what to do: desired state and history in, plan out. Pure: no network, no files, no clock."""
