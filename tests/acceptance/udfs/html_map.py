# As most public UDFs begin: helpers from a repository, at a commit of seven digits.
common = fused.load("https://github.com/geo/udfs/tree/0000000/public/common/")


@fused.udf
def udf(center_lat: float = 40.7, center_lng: float = -74.0, zoom: int = 9, mapbox_token: str = ""):
    return common.html_to_obj(f"<div>{center_lat:.1f},{center_lng:.1f}@{zoom}</div>")
