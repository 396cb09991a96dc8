import fused


@fused.udf
def udf(country: str, countries: str):
    """Area, density, income and neighbours of one country."""
    import fsspec
    import geopandas as gpd

    with fsspec.open(countries) as file:
        world = gpd.read_file(file)
    found = world[world["name"] == country]
    if len(found) != 1:
        raise ValueError(f"{len(found)} countries are named {country!r}; write the name as Natural Earth does")

    touching = world.intersects(found.geometry.item()) & (world["name"] != country)
    neighbours = sorted(world.loc[touching, "name"])
    area_km2 = found.to_crs("EPSG:6933").area.item() / 1e6  # an equal-area projection of the whole world
    people = found["pop_est"].item()
    print(f"{country}: {area_km2:,.0f} km², {people / area_km2:.0f} people per km²")
    print(f"neighbours: {', '.join(neighbours) or 'none'}")
    return gpd.GeoDataFrame(
        {
            "name": [country],
            "area_km2": [area_km2],
            "people_per_km2": [people / area_km2],
            "gdp_per_person_usd": [found["gdp_md_est"].item() * 1e6 / people],
            "neighbours": [neighbours],
        },
        geometry=found.geometry.array,
    )
