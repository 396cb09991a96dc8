"""What an archive holds, as somebody who looks for secrets in it would read it."""

import gzip
from pathlib import Path


def archived(folder: Path) -> bytes:
    """The content of every file below a folder, unpacked; AssertionError when there is none."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files, f"nothing is archived in {folder}"
    return b"".join(gzip.decompress(one.read_bytes()) if one.suffix == ".gz" else one.read_bytes() for one in files)
