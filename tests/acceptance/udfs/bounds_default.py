@fused.udf(cache_max_age="30m")
def udf(bounds: fused.types.Bounds = [-74.1, 40.6, -73.8, 40.9], res: int = None):
    import geopandas as gpd
    import shapely

    return gpd.GeoDataFrame({"res": [res]}, geometry=[shapely.box(*bounds)], crs=4326)
