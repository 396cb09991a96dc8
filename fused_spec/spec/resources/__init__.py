"""What specs declare, as typed values to make in Python: each class is a part of the schema, with its fields by name.

They hold what is said and nothing else: no file is read, and nothing is checked but the names of fields. What is wrong
with their values is told when they are read as the documents that they stand for.
"""
