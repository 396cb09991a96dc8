import asyncio


@fused.udf
async def udf(n: int, **more):
    await asyncio.sleep(0)
    return {"n": n, **more}
