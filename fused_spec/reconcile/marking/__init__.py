"""How a run, a saved UDF or a token tells which spec it came from, and which of several counts.

Between what specs say and what HTTP carries; nothing is asked or sent here.
"""
