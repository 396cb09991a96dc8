@fused.udf
def udf(name: str):
    from utils import greeting

    return greeting(name)
