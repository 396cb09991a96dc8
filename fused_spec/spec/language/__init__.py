"""What lets a team say a thing once: variables, targets, defaults, fragments, overrides and matrices.

It turns what a person wrote into plain documents, as if everything had been written out in each, where every value
still knows its place. What a document means is not known here, nor does anything here ask the world outside git,
beside the values that are handed in.
"""
