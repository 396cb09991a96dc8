"""`fmt`: the text of specs in one form, made of the text's own pieces. What it says is the same before and after."""
