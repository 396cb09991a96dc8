"""The `FusedAPI` client: the only place that speaks HTTP to a service."""
