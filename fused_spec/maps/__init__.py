"""Maps of results and tasks: from frozen values to one file that asks nothing of any network.

`model` is what goes in, `drawing.draw` what makes bytes of it. Nothing here reads a service, an archive or a result:
who has them gathers the values and calls. It imports shapely, pyproj, numpy and rasterio, so a command imports it only
when it draws.
"""
