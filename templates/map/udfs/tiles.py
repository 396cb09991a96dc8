import fused


@fused.udf
def udf(x: int, y: int, z: int, cells: int = 8):
    """The cells of a map tile, and how many times too large the map draws each."""
    from itertools import pairwise

    import geopandas as gpd
    import mercantile
    import numpy as np
    from shapely.geometry import box

    tile = mercantile.xy_bounds(x, y, z)
    columns = np.linspace(tile.left, tile.right, cells + 1)
    rows = np.linspace(tile.bottom, tile.top, cells + 1)
    boxes = [box(left, bottom, right, top) for left, right in pairwise(columns) for bottom, top in pairwise(rows)]
    drawn = gpd.GeoDataFrame(geometry=boxes, crs="EPSG:3857")
    # EPSG:6933 shows equal areas as equal, all over the world.
    drawn["times"] = drawn.area / drawn.to_crs("EPSG:6933").area
    print(f"tile {z}/{x}/{y}: drawn up to {drawn['times'].max():.0f} times too large")
    return drawn.to_crs("EPSG:4326")
