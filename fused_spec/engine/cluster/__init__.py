"""The same tasks on a Dask cluster, in processes below its workers."""
