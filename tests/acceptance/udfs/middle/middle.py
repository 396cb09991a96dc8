deep = fused.load("deep")


def add_ten(n):
    return n + deep.TEN


@fused.udf
def udf(n: int):
    return deep.TEN * n
