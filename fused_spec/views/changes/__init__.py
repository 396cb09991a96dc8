"""How one change, or many alike, are told: what is declared, and what differs.

In no form yet: text, Markdown and JSON take from here.
"""
