"""What a call may take, so that no server can hold a client for ever or fill its memory."""

from msgspec import Struct
from msgspec.structs import replace

MIB = 1024 * 1024


class Limits(Struct, frozen=True, kw_only=True):
    """Seconds to connect, for one attempt, and with all repeats; bytes of the answer."""

    connect: float = 10.0
    attempt: float = 30.0
    total: float = 90.0
    size: int = 8 * MIB


ORDINARY = Limits()
START = Limits(attempt=150.0, total=150.0)  # the answer to a start may take over two minutes behind a gateway
CONFIG = Limits(attempt=120.0, total=300.0, size=128 * MIB)  # what a service took it gives back, null fields with it
LOGS = Limits(attempt=120.0, total=300.0, size=256 * MIB)
FACTS = Limits(attempt=120.0, total=300.0, size=64 * MIB)
FILES = Limits(attempt=3600.0, total=3600.0, size=1024 * MIB)
MOST_LOG = 1536 * MIB  # of one log that is kept: 1 GiB of lines, and what is told beside each
DOWNLOAD = replace(FILES, size=1024 * 1024 * MIB)  # to disk, never to memory
