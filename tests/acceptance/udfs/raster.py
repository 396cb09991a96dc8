@fused.udf
def udf(bounds: fused.types.Bounds = [0, 0, 2, 1], chip_len: int = 4):
    import numpy as np

    arr = np.arange(3 * chip_len * chip_len, dtype="uint8").reshape(3, chip_len, chip_len)
    return arr, bounds
