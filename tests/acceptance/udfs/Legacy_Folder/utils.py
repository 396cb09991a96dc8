def greeting(name):
    return f"<b>Hello {name}</b>"
