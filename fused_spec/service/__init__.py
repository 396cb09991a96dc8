"""The embedded Fused-compatible server: HTTP in, store and worker processes behind it."""
