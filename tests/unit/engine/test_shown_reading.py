"""The way to read inputs that the documentation shows reads such a file."""

from pathlib import Path

import pandas as pd

from fused_spec.reconcile.marking.payload import wire_config
from fused_spec.spec.resolve import resolve
from tests.docs.test_docs import ROOT, shown_specs
from tests.unit.engine.building import partition_nongeospatial

PRICES = "Straße;zip;price;n\nKölner;01234;12,50;n/a\nBonner;05311;1,5;-999\n"


def test_the_way_that_is_shown_reads_such_a_file(tmp_path: Path, storage: Path) -> None:
    [text] = [text for text in shown_specs(ROOT / "docs/specs.md") if "read:" in text]
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    [declared] = resolve(["a.yaml"], cwd=tmp_path).desired
    [step] = wire_config(declared.payload).steps
    raw = storage / "raw"
    raw.mkdir()
    (raw / "prices.csv").write_bytes(PRICES.encode("latin-1"))
    partition_nongeospatial(step, storage, "job-1")
    table = pd.read_parquet(storage / "tables/prices")
    assert table.columns.tolist() == ["Straße", "zip", "price", "n"]
    assert table[["Straße", "zip", "price"]].to_numpy().tolist() == [
        ["Kölner", "01234", 12.5],
        ["Bonner", "05311", 1.5],
    ]
    assert table["n"].isna().all()
