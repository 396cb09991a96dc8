"""Turn input tables into files and chunks on this machine, laid out as Fused's ingestion leaves them.

A table is a `pyarrow.Table` from the first row read to the last one written. Its geometry is one column of WKB;
geometry objects exist for one batch of rows at a time, since they take many times the memory of their bytes.
"""
