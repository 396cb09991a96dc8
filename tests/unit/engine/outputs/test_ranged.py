"""Contents that lie elsewhere, read in parts."""

from random import Random

import pytest

from fused_spec.engine.outputs import ranged
from fused_spec.engine.outputs.parquet import parquet_file
from fused_spec.engine.outputs.ranged import RangedFile
from tests.unit.engine.outputs.contents import Kept, parquet


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged, "BLOCK", 100)
    monkeypatch.setattr(ranged, "TAIL", 250)


def test_what_is_read_is_what_is_there() -> None:
    random = Random(1)
    content = random.randbytes(10_000)
    file = RangedFile(Kept(content))
    for _ in range(500):
        start = random.randrange(10_000)
        end = min(10_000, start + random.choice([0, 1, 99, 100, 101, 2_500]))
        file.seek(start)
        assert file.read(end - start) == content[start:end]


def test_a_small_content_comes_with_its_size() -> None:
    kept = Kept(b"x" * 200)
    file = RangedFile(kept)
    assert file.is_whole
    assert file.read() == b"x" * 200
    assert len(kept.asked) == 1


def test_what_is_read_in_order_comes_in_ever_larger_parts() -> None:
    kept = Kept(b"x" * 100_000)
    file = RangedFile(kept)
    while file.read(10):
        pass
    assert len(kept.asked) < 30


def test_blocks_that_were_brought_are_not_asked_for_again() -> None:
    kept = Kept(bytes(10_000))
    file = RangedFile(kept)
    file.prefetch([(0, 300), (5_000, 5_050)])
    before = len(kept.asked)
    assert before == 3
    file.between(50, 299)
    file.between(5_000, 5_050)
    assert len(kept.asked) == before


def test_no_more_is_kept_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged, "_MOST_KEPT", 70)
    file = RangedFile(Kept(bytes(100_000)))
    while file.read(1_000):
        assert len(file._blocks) <= 70


def test_a_content_that_changed_while_it_was_read_is_an_error() -> None:
    kept = Kept(bytes(10_000))
    file = RangedFile(kept)
    kept.content = kept.content[:5_000]
    with pytest.raises(EOFError, match="the file has changed"):
        file.between(4_950, 5_050)


def test_a_long_footer_comes_in_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged, "BLOCK", 10_000)
    monkeypatch.setattr(ranged, "TAIL", 70_000)
    kept = Kept(parquet({f"column-{number}": [number] for number in range(600)}))
    file = RangedFile(kept)
    with parquet_file(file) as opened:
        assert opened.metadata.serialized_size > 70_000
    assert len(kept.asked) == 2


def test_a_footer_that_lies_of_its_length_is_none() -> None:
    content = bytes(1_000) + (2**31 - 1).to_bytes(4, "little") + b"PAR1"
    with pytest.raises(Exception, match=r"[Pp]arquet|footer"):
        parquet_file(RangedFile(Kept(content)))
