"""How much is too much: bounds that a real spec never meets and a hostile one always does."""

MAX_FILE_BYTES = 1 << 20
MAX_FILES = 10_000
MAX_TOTAL_BYTES = 200 << 20
MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_PROBLEMS = 100
"""Problems told about one file, before only their number is."""
