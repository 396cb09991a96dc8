"""The service as a process of its own: `python -m fused_spec.service --state DIR [--idle SECONDS]`."""

import argparse
import os
import sys
from pathlib import Path

from fused_spec.configuration.engine_choice import parse_engine
from fused_spec.configuration.storage_url import parse_storage
from fused_spec.errors import FusedSpecError
from fused_spec.service.server import Options, serve
from fused_spec.service.workers.confining import allowed_places, how_jobs_are_held


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fused_spec.service", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--idle", type=float, default=None)
    parser.add_argument("--engine", default=None)
    parser.add_argument("--storage", default=None)
    parser.add_argument("--allow-write", type=Path, action="append", default=[])
    arguments = parser.parse_args()
    state = arguments.state.absolute()
    try:
        allowed = allowed_places(arguments.allow_write, state)
        os.chdir("/")  # no path relative to this process leads to the state
        serve(
            Options(
                state=state,
                idle=arguments.idle,
                engine=parse_engine(arguments.engine),
                storage=parse_storage(arguments.storage, state),
                allow_write=allowed,
            ),
            announce=lambda _: print(how_jobs_are_held(allowed), file=sys.stderr),  # noqa: T201  # as below
        )
    except FusedSpecError as error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        print(f"Error: {error}{hint}", file=sys.stderr)  # noqa: T201  # this is the process's log
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
