import json

UNITS = {"m": 1.0, "km": 1000.0}
_calls = []


@fused.udf
def udf_nail(length: float, unit: str = "m"):
    _calls.append(length)
    return length * UNITS[unit]


@fused.udf
def udf(*, lengths: list, unit: str = "km"):
    pool = fused.submit(udf_nail, [{"length": length, "unit": unit} for length in lengths], collect=False)
    return json.loads(json.dumps({"metres": pool.results(), "calls": len(_calls)}))
