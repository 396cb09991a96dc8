"""Which worker runs what: groups and the modules of unit tests whole, everything else test by test.

Ten thousand tests that are handed out one by one keep a processor busy with that alone. They go out in the order in
which they are found, so that those of many processes come first, and the modules of quick tests fill up the end.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController

WHOLE = tuple(f"tests/{folder}/" for folder in ("unit", "architecture", "docs"))


class Scheduling(LoadGroupScheduling):
    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        scope = str(super()._split_scope(nodeid))
        return nodeid.partition("::")[0] if scope == nodeid and nodeid.startswith(WHOLE) else scope

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Forget what is done, which is else counted again after each test."""
        nodeid = self.registered_collections[node][item_index]
        scope = self._split_scope(nodeid)
        units = self.assigned_work[node]
        units[scope][nodeid] = True
        if all(units[scope].values()):
            del units[scope]
        self._reschedule(node)
