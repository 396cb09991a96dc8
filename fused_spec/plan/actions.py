"""What apply does about a change, and why. The action is for apply; the reason is for people alone."""

from enum import StrEnum


class Action(StrEnum):
    NONE = "none"
    START = "start"
    ATTACH = "attach"
    REPLACE = "replace"
    QUEUE = "queue"
    HOLD = "hold"
    WAIT = "wait"
    CANCEL = "cancel"
    CREATE = "create"
    UPDATE = "update"
    DISABLE = "disable"
    DELETE = "delete"

    @property
    def sign(self) -> str:
        return _SIGNS.get(self, "")

    @property
    def changes_something(self) -> bool:
        """Whether apply would send anything that is not a question."""
        return self not in (Action.NONE, Action.ATTACH, Action.HOLD, Action.WAIT)


_SIGNS = {
    Action.START: "+",
    Action.CREATE: "+",
    Action.QUEUE: "+",
    Action.ATTACH: ">",
    Action.REPLACE: "-/+",
    Action.UPDATE: "~",
    Action.HOLD: "!",
    Action.WAIT: "!",
    Action.CANCEL: "-",
    Action.DISABLE: "-",
    Action.DELETE: "-",
}


class Reason(StrEnum):
    """Why; the value is the sentence that people read."""

    NEVER_RAN = "never ran"
    ARCHIVED = "finished earlier, known from the archive"
    IN_FLIGHT = "already running; wait for it"
    SPEC_CHANGED = "spec changed"
    WRITTEN_AGAIN = "what it reads is written again"
    UP_TO_DATE = "up to date"
    ALWAYS = "runs at every apply"
    TOO_OLD = "the last success is older than max_age"
    RAN_ONCE = "ran once; a changed spec does not run it again"
    READ_ONCE = "ran once; nothing that it reads runs it again"
    HELD = "the last run did not succeed; --retry starts it again"
    RETRY = "retry"
    REPLACED = "its last run was cancelled for this one"
    REQUESTED = "asked for by name"
    RETRIED = "asked for by --retry"
    MANUAL = "runs only when named by --rerun"
    WAITS = "waits for what it needs"
    NOT_IN_SPECS = "in no spec"
    STARTED_TWICE = "started twice; the earlier run counts"
    FORGOTTEN = "ran before, but neither history nor archive knows how it ended"
    NOT_THERE = "does not exist yet"
    FIELDS_CHANGED = "fields changed"
    SINK_LACKS_IT = "its sink lacks its value, which is written again"
    OTHER_VALUE = "a value besides its own still works, and is disabled"
    NEW_VALUE = "its old value stays disabled; a new one is made"
    SWITCHED_OFF = "disabled, as declared"

    @property
    def is_told_by_its_detail(self) -> bool:
        """Whether the detail is the whole sentence, such as `counties was written again`."""
        return self in (Reason.WRITTEN_AGAIN, Reason.WAITS)
