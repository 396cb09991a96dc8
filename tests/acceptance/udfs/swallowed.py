@fused.udf
def udf(path: str = "s3://nowhere/none.parquet"):
    import pandas as pd

    try:
        raise OSError(f"no such file: {path}")
    except OSError as error:
        print("Error:", error)
        return pd.DataFrame()
