"""How much is too much: bounds that a real spec never meets and a hostile one always does.

Of a spec its bytes are bounded, and what its values take in memory, which may be a hundred times as much.
"""

MAX_FILE_BYTES = 1 << 20
"""Of a file of code, and of the project file."""
MAX_SPEC_BYTES = 32 << 20
"""Of a file of specs: a million elements of an input, each on a line of its own, are 18 MB."""
MAX_FILES = 10_000
MAX_TOTAL_BYTES = 200 << 20
MAX_MEMORY = 512 << 20
"""What the values of one file of specs may take in memory, at `SCALAR`, `SEQUENCE` and `MAPPING` bytes for each."""
SCALAR, SEQUENCE, MAPPING = 160, 260, 560
MAX_ELEMENTS_BYTES = 64 << 20
"""Of a file of elements, and of all such files together."""
MAX_CONFIG_BYTES = 64 << 20
"""Of a job's config as canonical JSON, with its code and its elements: what the embedded service takes."""
MAX_DEPTH = 32
MAX_PROBLEMS = 100
"""Problems told about one file, before only their number is."""
MAX_FAULTS = 10_000
"""Faults that are looked for in one list or mapping."""
MAX_FILLED = 1 << 20
"""Of what names are filled into: the characters of a text, or of a variable's whole value."""
