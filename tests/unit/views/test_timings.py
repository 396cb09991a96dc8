"""What a command took, in words and as a document."""

import json

from jsonschema import validate

from fused_spec.system.stopwatch import Route, Took
from fused_spec.system.timings import Cache, Lookups, Phase
from fused_spec.views.documents.timings import timings_line
from fused_spec.views.text.timings import timings_text
from tests.schemas import schema_of

TOOK = Took(
    seconds=3.5,
    phases={Phase.START: 0.25, Phase.REFRESH: 2.0},
    beside={Phase.ARCHIVE: 4.0},
    routes={
        "GET job/self": Route(requests=1, seconds=0.5, received=2000),
        "GET run/by-id/{}": Route(requests=2, failed=1, seconds=1.5, sent=10, received=300),
    },
    caches={Cache.PACKS: Lookups(hits=1, misses=2)},
)


def test_a_person_is_told_each_phase_each_route_and_each_cache_in_a_line() -> None:
    assert timings_text(TOOK).splitlines() == [
        "Took 3.500 s.",
        "  start          0.250 s",
        "  refresh        2.000 s",
        "  the rest       1.250 s",
        "  archive        4.000 s beside that, in other threads",
        "Requests: 3 requests, 1 of them failed, 2.000 s, 10 bytes out, 2,300 in.",
        "  GET job/self: 1 request, 0.500 s, 0 bytes out, 2,000 in",
        "  GET run/by-id/{}: 2 requests, 1 of them failed, 1.500 s, 10 bytes out, 300 in",
        "Caches:",
        "  packs: 1 hit, 2 misses",
    ]


def test_what_was_not_there_has_no_line() -> None:
    assert timings_text(Took(seconds=0.5)).splitlines() == ["Took 0.500 s.", "  the rest       0.500 s"]


def test_a_program_is_told_in_one_line() -> None:
    assert timings_line(TOOK).count("\n") == 0


def test_the_document_is_as_its_schema_says() -> None:
    for took in (TOOK, Took(seconds=0.5)):
        validate(json.loads(timings_line(took)), schema_of("timings"))


def test_the_document_has_the_routes_and_their_sum() -> None:
    told = json.loads(timings_line(TOOK))["timings"]
    assert told["requests"] == {"requests": 3, "failed": 1, "seconds": 2.0, "sent": 10, "received": 2300}
    assert [one["route"] for one in told["routes"]] == ["GET job/self", "GET run/by-id/{}"]


def test_the_document_says_which_phases_ran_beside_the_command() -> None:
    told = json.loads(timings_line(TOOK))["timings"]
    assert {one["phase"]: one["beside"] for one in told["phases"]} == {
        "start": False,
        "refresh": False,
        "archive": True,
    }
