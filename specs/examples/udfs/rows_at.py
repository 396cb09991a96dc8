import fused


@fused.udf
def udf(lon: float, lat: float, table: str, place: str = "here"):
    """The rows of an ingested table in which a place lies, and how far it is from their edge."""
    import geopandas as gpd
    import pandas as pd
    from shapely import Point

    # The boxes of the chunks are in degrees; only the chunks whose box holds the place are read.
    chunks = fused.get_chunks_metadata(table)
    near = chunks[chunks.intersects(Point(lon, lat))]
    if near.empty:
        print(f"{place}: outside all {len(chunks)} chunks")
        return None

    keys = zip(near["file_id"], near["chunk_id"], strict=True)
    rows = pd.concat([fused.get_chunk_from_table(table, *key) for key in keys], ignore_index=True)
    point = gpd.GeoSeries([Point(lon, lat)], crs="EPSG:4326")
    found = rows[rows.intersects(point.to_crs(rows.crs).item())]
    metres = point.estimate_utm_crs()
    to_edge = found.to_crs(metres).boundary.distance(point.to_crs(metres).item())
    print(f"{place}: in {len(found)} of {len(rows)} rows read from {len(near)} of {len(chunks)} chunks")
    return found.to_crs("EPSG:4326").assign(place=place, to_edge_m=to_edge).reset_index(drop=True)
