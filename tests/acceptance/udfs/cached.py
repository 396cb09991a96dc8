@fused.udf
def udf(year: int = 2020):
    import pandas as pd

    calls = []

    @fused.cache(cache_max_age="1d", cache_key_exclude=["verbose"])
    def table(year, verbose=False):
        calls.append(year)
        return pd.DataFrame({"year": [year]})

    first, second = table(year), table(year, verbose=True)
    second["year"] = 0  # its own copy
    return pd.Series({"calls": len(calls), "year": int(table(year)["year"].sum() + 0 * len(first))}, name="count")
