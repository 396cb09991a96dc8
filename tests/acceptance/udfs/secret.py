import sys


@fused.udf
def udf():
    key = fused.secrets["API_KEY"]
    print("the key is", key)
    print(key, file=sys.stderr)
    if len(key) > 5:
        raise ValueError(f"refused with {key}")
