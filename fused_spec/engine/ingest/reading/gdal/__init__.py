"""Whatever GDAL opens, with what GDAL keeps to itself: errors, encodings, offsets, curves."""
