import fused


@fused.udf
def udf(latitude: float):
    """Hours of daylight in the middle of each month."""
    import numpy as np
    import pandas as pd

    months = np.arange(1, 13)
    day = 30.4 * months - 15
    declination = np.radians(-23.44) * np.cos(2 * np.pi * (day + 10) / 365)
    # Where the sun does not set, or does not rise, the cosine is beyond 1: the day has 24 hours, or none.
    half_day = np.arccos(np.clip(-np.tan(np.radians(latitude)) * np.tan(declination), -1, 1))
    hours = np.degrees(half_day) * 2 / 15
    print(f"at {latitude}°: from {hours.min():.1f} to {hours.max():.1f} hours")
    return pd.DataFrame({"month": months, "hours": hours.round(2)})
