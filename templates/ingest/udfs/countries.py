import fused


@fused.udf
def udf(table: str):
    """People in the large cities of each country."""
    import pandas as pd

    cities = pd.read_parquet(table, columns=["country", "population"])
    people = cities.groupby("country")["population"].agg(cities="size", people="sum").sort_values("people")
    print(f"{len(cities)} cities; most people live in those of {people.index[-1]}: {people['people'].iloc[-1]:,}")
    return people.reset_index()
