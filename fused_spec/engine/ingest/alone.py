"""All passes of an ingestion, one after the other, in this process."""

from contextlib import ExitStack
from functools import partial

from fused_spec.engine.ingest.account import Account, check_written
from fused_spec.engine.ingest.common.budget import budget
from fused_spec.engine.ingest.ingestion import Ingestion
from fused_spec.engine.ingest.partitioning.totals import sum_up
from fused_spec.engine.ingest.passes.gather import Buckets, gather
from fused_spec.engine.ingest.passes.prepared import Batches
from fused_spec.engine.ingest.passes.scatter import Expected, scatter
from fused_spec.engine.ingest.passes.shelves import DiskShelf, MemoryShelf, bucket_ends
from fused_spec.engine.ingest.passes.survey import survey
from fused_spec.engine.ingest.writing.destination import new_table
from fused_spec.engine.ingest.writing.expected import missing_in


def ingest(ingestion: Ingestion, memory_limit: int | None = None) -> Account:
    """Read the inputs, partition their rows, and write the tables; raises `StepFailed`.

    `memory_limit` is in bytes; of an input that would take too much of it the rows wait on disk.
    """
    source = ingestion.source
    batches = Batches(partial(source.raw, source.whole), ingestion.prepare, budget(memory_limit).held_bytes)
    found = survey(batches.first(), ingestion.keys)
    partition, counts, row_bytes = ingestion.lay_out(found), found.counts, found.row_bytes
    layout = partition.layout
    account = ingestion.account(found, layout)
    del found  # its keys are as large as the order of the rows
    with ExitStack() as tables:
        folders = [tables.enter_context(new_table(place, ingestion.job_id)) for place in ingestion.outputs.places]
        chunk_ends, row_ends = bucket_ends(layout, row_bytes)
        disk = None if batches.in_memory else folders[0] / ".buckets"
        shelf = MemoryShelf(row_ends) if disk is None else DiskShelf(row_ends, disk)
        expected = Expected(first_row=0, counts=counts, places=partition.places())
        totals = sum_up(scatter(batches.again(), expected, layout, ingestion.widen, shelf), layout.num_chunks)
        sample = gather(layout, Buckets(shelf=shelf, ends=chunk_ends), ingestion.targets(layout, totals, folders))
        if disk is not None:
            disk.rmdir()
        files = {file_id: folders[0] / f"{file_id}.parquet" for file_id in range(layout.num_files)}
        check_written(layout, files)
        ingestion.check(layout, totals, partial(missing_in, files.values()))
        ingestion.write_samples(sample, layout, totals, folders)
    return account
