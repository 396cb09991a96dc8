"""The land of the earth and its borders, small enough to be part of every map.

`outline.json` is made of Natural Earth's countries (1:110 million, public domain) by `benchmarks/land.py`.
"""
