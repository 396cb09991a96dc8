"""How often applies without a lock start the same thing: no more often than they must."""

import pytest

from fused_spec.reconcile.journal.intents import Attempt, Journal
from fused_spec.reconcile.starting import start
from tests.depth import at_depth
from tests.simulator.campaigns import campaign
from tests.simulator.schedule import Schedule, Setting

RACING = Setting(writers=2, within=10.0, jobs=6, shared_journal=False)
_SCHEDULES = at_depth(200, in_breadth=40)


def test_starts_that_share_a_look_race_no_more_than_those_that_look_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = campaign(RACING, range(_SCHEDULES))
    monkeypatch.setattr(start, "_SHARED", 0.0)
    alone = campaign(RACING, range(_SCHEDULES))
    assert alone.with_extra
    assert len(shared.with_extra) <= len(alone.with_extra) + _SCHEDULES / 50  # other looks make other schedules


def test_between_the_reading_of_the_journal_and_an_intent_the_history_is_read_and_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schedule = Schedule(1, Setting())
    asked: list[int] = []
    listed, intended = Journal.open_intents, Journal.intend

    def open_intents(journal: Journal) -> list[Attempt]:
        schedule.service.asked.clear()
        return listed(journal)

    def intend(journal: Journal, attempt: Attempt) -> None:
        asked.append(schedule.service.asked["page"])
        intended(journal, attempt)

    monkeypatch.setattr(Journal, "open_intents", open_intents)
    monkeypatch.setattr(Journal, "intend", intend)
    schedule.run()
    assert asked == [2]  # each more is time in which another apply may begin the same unseen
