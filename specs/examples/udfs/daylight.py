import fused


@fused.udf
def udf(countries: str, start: str, days: int):
    """Hours between sunrise and sunset in the middle of a month, where each country has its centre."""
    import fsspec
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    middle = pd.Timestamp(start) + pd.Timedelta(days=days // 2)
    with fsspec.open(countries) as file:
        table = gpd.read_file(file)[["name", "geometry"]]
    centres = table.to_crs("EPSG:6933").representative_point().to_crs("EPSG:4326")

    # The sun's declination by Cooper (1969), and the angle of the hour at which it sets.
    declination = np.radians(23.44) * np.sin(2 * np.pi * (284 + middle.dayofyear) / 365)
    cosine = -np.tan(np.radians(centres.y)) * np.tan(declination)
    hours = 24 / np.pi * np.arccos(np.clip(cosine, -1, 1))

    found = gpd.GeoDataFrame({"name": table["name"], "hours": hours.round(2)}, geometry=centres)
    longest = found.loc[found["hours"].idxmax()]
    print(f"{middle:%-d %B}: from {found['hours'].min():.1f} hours to {longest['hours']:.1f} in {longest['name']}")
    return found
