"""From geometries and boxes in any coordinate system to lines in degrees, with a count of all that could not be."""
