"""Whether a document is a spec: by its schema, with an explanation for people, and without secrets.

One document at a time, and nothing but the document: no other file is read.
"""
