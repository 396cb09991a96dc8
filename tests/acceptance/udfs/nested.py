@fused.udf
def udf(n: int):
    middle = fused.load("middle")
    return {"function": middle.add_ten(n), "called": middle(n=n), "run": fused.run("middle", n=str(n))}
