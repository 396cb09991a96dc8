import fused


@fused.udf
def udf(name: str, lon: float, lat: float, radius_km: float = 10):
    """Compare a circle around a city with what a web map makes of it."""
    import geopandas as gpd
    from shapely.geometry import Point

    city = gpd.GeoSeries([Point(lon, lat)], crs="EPSG:4326")
    circle = city.to_crs(city.estimate_utm_crs()).buffer(radius_km * 1000)
    true_km2 = circle.area.item() / 1e6
    drawn_km2 = circle.to_crs("EPSG:3857").area.item() / 1e6
    print(f"{name}: {true_km2:.0f} km², drawn {drawn_km2 / true_km2:.1f} times as large")
    return gpd.GeoDataFrame(
        {"name": [name], "true_km2": [true_km2], "drawn_km2": [drawn_km2]}, geometry=circle.to_crs("EPSG:4326")
    )
