"""What a script would start, heard while nothing is sent.

The folder `path` goes in front of everything that a script imports; what stands in it knows nothing of this project but
the standard library, since any Python may run it. `launch` runs a script or a notebook with it.
"""
