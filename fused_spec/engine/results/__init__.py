"""From what a UDF returned to what is kept of it: exactly, or refused, or with what it loses told.

A room for tables and one for arrays; nothing here runs a UDF.
"""
