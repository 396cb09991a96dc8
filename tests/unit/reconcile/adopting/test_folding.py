"""Starts that differ in a few values as one document with a matrix."""

import calendar
from typing import Any

from fused_spec.reconcile.adopting.folding import Document, fold
from tests.unit.reconcile.adopting.starts import drafts, started

REGIONS = ("eu-west-1", "us-west-2")


def parameters(document: Document) -> Any:
    return document.spec["config"]["steps"][0]["udf"]["parameters"]


def month(number: int, region: str, **more: Any) -> dict[str, Any]:
    return {"month": f"2024-{number:02}", "region": region, **more}


def test_twelve_starts_of_six_months_and_two_regions_are_one_matrix() -> None:
    starts = [
        started({**month(number, region), "out": f"fd://tiles/{region}/2024-{number:02}/"})
        for number in range(1, 7)
        for region in REGIONS
    ]
    [one] = fold(drafts(*starts))
    assert one.matrix == {"region": list(REGIONS), "month": {"from": "2024-01", "through": "2024-06"}}
    assert parameters(one) == {
        "month": "${matrix.month}",
        "region": "${matrix.region}",
        "out": "fd://tiles/${matrix.region}/${matrix.month}/",
    }
    assert len(one.members) == 12


def test_what_the_calendar_knows_of_a_month_needs_no_saying() -> None:
    starts = [
        started({"start": f"2024-{n:02}-01", "days": calendar.monthrange(2024, n)[1], "out": f"fd://t/2024-{n:02}/"})
        for n in range(1, 5)
    ]
    [one] = fold(drafts(*starts))
    assert one.matrix == {"month": {"from": "2024-01", "through": "2024-04"}}
    assert parameters(one)["start"] == "${matrix.month.start}"
    assert parameters(one)["days"] == "${matrix.month.days}"


def test_a_machine_for_each_region_becomes_an_attribute_of_the_region() -> None:
    starts = [started({"region": region}, settings={"instance_type": machine}) for region, machine in
              zip((*REGIONS, "ap-south-1"), ("m5.large", "r5.large", "r5.large"), strict=True)]  # fmt: skip
    [one] = fold(drafts(*starts))
    assert one.matrix == {
        "region": [
            {"key": "ap-south-1", "instance_type": "r5.large"},
            {"key": "eu-west-1", "instance_type": "m5.large"},
            {"key": "us-west-2", "instance_type": "r5.large"},
        ]
    }
    assert one.spec["instance_type"] == "${matrix.region.instance_type}"
    assert parameters(one) == {"region": "${matrix.region.key}"}


def test_numbers_stay_numbers() -> None:
    [one] = fold(drafts(*(started({"zoom": zoom}) for zoom in (3, 5, 9))))
    assert (one.matrix, parameters(one)) == ({"zoom": [3, 5, 9]}, {"zoom": "${matrix.zoom}"})


def test_a_cell_that_never_ran_is_excluded() -> None:
    cells = [(n, region) for n in range(1, 4) for region in REGIONS][:-1]
    [one] = fold(drafts(*(started(month(n, region)) for n, region in cells)))
    assert one.matrix is not None
    assert one.matrix["exclude"] == [{"region": "us-west-2", "month": "2024-03"}]


def test_a_start_that_differs_otherwise_stays_alone_and_the_others_fold() -> None:
    odd = started({**month(1, "eu-west-1"), "out": "s3://other/place"}, settings={"instance_type": "r5.large"})
    even = [started({**month(n, "eu-west-1"), "out": f"fd://t/2024-{n:02}/"}) for n in range(1, 6)]
    found = fold(drafts(odd, *even))
    assert sorted(len(one.members) for one in found) == [1, 5]


def test_other_code_is_another_job() -> None:
    other = started({"zoom": 4}, code="@fused.udf\ndef udf(zoom):\n    return zoom\n")
    assert len(fold(drafts(started({"zoom": 3}), other))) == 2


def test_jobs_whose_names_have_nothing_in_common_are_different_jobs() -> None:
    found = fold(drafts(started({"place": "a"}, name="lima"), started({"place": "b"}, name="nairobi")))
    assert [one.name for one in found] == ["lima", "nairobi"]


def test_a_matrix_is_called_what_the_names_have_in_common() -> None:
    starts = [started(month(n, region), name=f"tiles_2024-{n:02}_{region}") for n in range(1, 4) for region in REGIONS]
    [one] = fold(drafts(*starts))
    assert one.name == "tiles"
    assert one.spec["config"]["name"] == "tiles_${matrix.month}_${matrix.region}"


def test_values_that_no_dimension_decides_fold_nothing() -> None:
    starts = [started({"table": f"s3://bucket/{'x' * n}/{n * 'y'}/deep/{n}"}) for n in range(1, 3)]
    texts = [started({"text": "line\n" * n}) for n in range(1, 3)]
    assert len(fold(drafts(*texts))) == 2
    assert sum(len(one.members) for one in fold(drafts(*starts))) == 2
