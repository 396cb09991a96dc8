import fused


@fused.udf
def udf(share: int, table: str, shares: int = 4):
    """Area of each county in one share of a table's chunks."""
    import pandas as pd

    # Every shares-th chunk: all tasks together read each chunk once, however many there are.
    chunks = fused.get_chunks_metadata(table).iloc[share::shares]
    print(f"share {share}: {len(chunks)} chunks")
    if chunks.empty:
        return None

    keys = zip(chunks["file_id"], chunks["chunk_id"], strict=True)
    counties = pd.concat([fused.get_chunk_from_table(table, *key) for key in keys], ignore_index=True)
    # Degrees are no unit of length. EPSG:6933 shows equal areas as equal all over the world, Alaska included.
    counties["area_km2"] = counties.to_crs("EPSG:6933").area / 1e6
    largest = counties.loc[counties["area_km2"].idxmax()]
    print(f"{len(counties)} counties; the largest is {largest['name']} with {largest['area_km2']:,.0f} km²")
    return counties[["id", "name", "area_km2", "geometry"]]
