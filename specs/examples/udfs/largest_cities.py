import fused


@fused.udf
def udf(table: str, least_cities: int = 10):
    """The largest city of each country, and its share of the people in all large cities there."""
    import pandas as pd

    cities = pd.read_parquet(table, columns=["country", "name", "population"])
    cities = cities.sort_values("population", ascending=False)
    largest = cities.groupby("country").agg(
        city=("name", "first"),
        population=("population", "first"),
        people=("population", "sum"),
        cities=("name", "size"),
    )
    largest = largest[largest["cities"] >= least_cities]
    largest["share"] = largest["population"] / largest["people"]

    print(f"{len(cities):,} cities; {len(largest)} countries have {least_cities} or more")
    top = largest.sort_values("share", ascending=False)
    print(f"most centred: {top.index[0]}, where {top['city'].iloc[0]} has {top['share'].iloc[0]:.0%}")
    return top.reset_index()
