"""UDFs as all rows know them: in a folder, in git, and as they travel; and the values that a parameter allows."""
