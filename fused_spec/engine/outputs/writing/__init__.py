"""Outputs in files of this machine: as they are, or in a form that was asked for; in bounded memory."""
