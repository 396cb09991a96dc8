"""Settings as people write them, and as values: credentials, engine, storage, which service.

Read from what the edge hands in; nothing here looks at the environment.
"""
