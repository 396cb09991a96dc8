"""What callers give and get: plain values in, objects that know their client out."""
