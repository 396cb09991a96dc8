"""Have the value of a token in its sink, proven where asked for; what a sink that nobody can read was given."""

import hashlib
from typing import TYPE_CHECKING

from fused_spec.configuration.token_sinks import Command, GitHub, GitLab, Sink
from fused_spec.errors import FusedSpecError
from fused_spec.reconcile.journal.tokens import TokenJournal
from fused_spec.reconcile.saved.editions import Edition
from fused_spec.reconcile.saved.proof import prove
from fused_spec.reconcile.saved.sinks import check_sink, put_back, read_sink, remove_draft, sink_trouble, write_sink
from fused_spec.spec.model import Key

if TYPE_CHECKING:
    from fused_spec.reconcile.saved.rotation import Issuer


def deliver(key: Key, sink: Sink, edition: Edition, issuer: "Issuer", *, proven: bool) -> bool:
    """Have the value in the sink, and where asked for proven by a call with what stands there; whether it was written.

    Raises with the sink as it was before.
    """
    if isinstance(sink, Command | GitHub | GitLab):
        return _hand_over(key, sink, edition, issuer, proven=proven)
    held = read_sink(sink)
    remove_draft(sink)
    lacks = sink_trouble(sink, edition.value) is not None
    if lacks:
        check_sink(sink)
        write_sink(sink, f"{edition.value}\n".encode())
    if not proven:
        return lacks
    try:
        written = (read_sink(sink) or b"").decode("ascii", "replace").strip()
        prove(issuer.api, key, written, timing=issuer.timing, world=issuer.world)
        issuer.check_lock(key)  # the UDF may have taken long, and whoever has the lock now ends the new value
    except FusedSpecError:
        if lacks:
            put_back(sink, held)
        raise
    return lacks


def _hand_over(key: Key, sink: Command | GitHub | GitLab, edition: Edition, issuer: "Issuer", *, proven: bool) -> bool:
    """The same for a sink that nothing can be taken back from: it gets a value only once that is proven.

    What is noted of a delivery goes before the next one begins, so one that was cut off is made again.
    """
    if delivery_trouble(sink, edition, key, issuer.journal) is None:
        return False
    check_sink(sink)
    if proven:
        prove(issuer.api, key, edition.value, timing=issuer.timing, world=issuer.world)
        issuer.check_lock(key)
    issuer.journal.forget_delivery(key)
    sign = _delivery(sink, edition)
    write_sink(sink, f"{edition.value}\n".encode(), sign)
    issuer.journal.note_delivery(key, sign)
    return True


def delivery_trouble(sink: Sink, edition: Edition, key: Key, journal: TokenJournal) -> str | None:
    """What the sink lacks of holding the value of an edition; of what cannot be read what was noted counts."""
    match sink:
        case Command():
            return None if journal.delivery(key) == _delivery(sink, edition) else "was not given it"
        case GitLab():
            return sink_trouble(sink, edition.value, _delivery(sink, edition))
    return sink_trouble(sink, edition.value)


def _delivery(sink: Command | GitHub | GitLab, edition: Edition) -> str:
    """What tells one delivery from another: which value it was, by its nonce, and how it went."""
    match sink:
        case Command(words=words):
            said = words
        case GitHub(what=what, name=name):
            said = (what, name)
        case GitLab(name=name, environment=environment):
            said = ("gitlab", name, environment)
    return hashlib.sha256("\0".join((edition.nonce or "", str(edition.number), *said)).encode()).hexdigest()
