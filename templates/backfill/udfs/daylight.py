import fused


@fused.udf
def udf(start: str, end: str, out: str, step: float = 10):
    """Hours of daylight on each day from start to before end, by latitude."""
    import numpy as np
    import pandas as pd

    days = pd.date_range(start, end, inclusive="left")
    table = pd.MultiIndex.from_product([days, np.arange(-60, 61, step)], names=["day", "latitude"]).to_frame(
        index=False
    )
    declination = np.radians(-23.44) * np.cos(2 * np.pi * (table["day"].dt.dayofyear + 10) / 365)
    half_day = np.arccos(-np.tan(np.radians(table["latitude"])) * np.tan(declination))
    table["hours"] = (np.degrees(half_day) * 2 / 15).round(2)
    table.to_parquet(f"{out}daylight.parquet")
    print(f"{len(days)} days at {table['latitude'].nunique()} latitudes")
    return table
