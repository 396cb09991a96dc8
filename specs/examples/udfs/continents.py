import fused


@fused.udf
def udf(continent: str, countries: str, count: int = 5):
    """The largest countries of a continent, each with its share of the continent's area."""
    natural_earth = fused.load("natural_earth")

    found = natural_earth.on_continent(countries, continent)
    found["area_km2"] = natural_earth.area_km2(found)
    found["share"] = found["area_km2"] / found["area_km2"].sum()
    largest = found.nlargest(count, "area_km2").reset_index(drop=True)

    named = ", ".join(f"{row['name']} ({row['share']:.0%})" for _, row in largest.iterrows())
    print(f"{continent}: {len(found)} countries; the largest are {named}")
    return largest[["name", "area_km2", "share", "geometry"]]
