"""What a project forbids or warns of: rules over what its specs say and over what a plan would do, and exceptions.

A policy changes nothing of a spec, and no digest. It sees values alone: no clock, no network, no file.
"""
