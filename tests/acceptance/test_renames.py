"""A job gets another name: nothing runs again, and all that it ran and said is found, by the installed command."""

from tests.acceptance.command import Shell
from tests.acceptance.test_trust import UDF, quick


def test_a_renamed_job_runs_nothing_and_is_found_by_both_names(neighbour: Shell) -> None:
    neighbour.write("specs/quick.py", UDF)
    neighbour.write("specs/jobs.yaml", quick("counties"))
    assert neighbour.run("apply", "specs").code == 0
    neighbour.write("specs/jobs.yaml", quick("us-counties, moved_from: [counties]"))
    plan = neighbour.run("plan", "specs", "--output", "json")
    assert plan.document["moved"] == [{"kind": "Job", "before": "counties", "after": "us-counties"}]
    assert neighbour.run("plan", "specs").out.splitlines() == [
        "Renamed: Job/counties is us-counties now",
        "No changes. 1 unchanged: up to date.",
    ]
    assert neighbour.run("apply", "specs").code == 0
    neighbour.write("specs/jobs.yaml", quick("us-counties"))
    assert neighbour.run("plan", "specs").out.splitlines() == ["No changes. 1 unchanged: up to date."]
    logs = {name: neighbour.run("logs", name).out for name in ("counties", "us-counties")}
    assert logs["counties"] == logs["us-counties"] != ""
    shown = neighbour.run("show", "us-counties", "--output", "json").document
    assert (shown["key"], shown["status"]) == ("Job/counties", "succeeded")


def test_a_name_that_an_apply_gave_to_another_is_refused_with_both_places(neighbour: Shell) -> None:
    neighbour.write("specs/quick.py", UDF)
    neighbour.write("specs/jobs.yaml", quick("us-counties, moved_from: [counties]"))
    assert neighbour.run("apply", "specs").code == 0
    neighbour.write("specs/more.yaml", quick("all-counties, moved_from: [counties]"))
    neighbour.write("specs/jobs.yaml", quick("us-counties"))
    refused = neighbour.run("plan", "specs")
    assert refused.code == 3
    assert 'two were called "counties": Job/all-counties, and Job/us-counties, as ' in refused.err
    assert "specs/more.yaml:1:1" in refused.err
