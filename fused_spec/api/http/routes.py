"""What a call is counted under: its method and the protocol's own words of its path, with `{}` for all that is not.

Ids, names and tokens stand in paths. Only words that are known pass, so nothing of anybody's ever does.
"""

_WORDS = frozenset(
    {
        "available",
        "by-id",
        "by-token",
        "cancel",
        "config",
        "delete",
        "exec-env",
        "execution-env",
        "facts",
        "file",
        "files",
        "get",
        "health",
        "job",
        "list",
        "list-details",
        "logs",
        "new",
        "progress",
        "public",
        "realtime-instance",
        "realtime-shared",
        "results",
        "run",
        "self",
        "shared",
        "sign",
        "sign-upload",
        "sign-upload-temp",
        "sign_prefix",
        "tasks",
        "token",
        "udf",
        "udf-access-token",
        "upload",
        "upload-temp",
        "user",
    }
)


def route(method: str, path: str) -> str:
    """`GET run/by-id/{}` for a path below the base URL."""
    return f"{method} {'/'.join(segment if segment in _WORDS else '{}' for segment in path.split('/'))}"


def elsewhere(method: str) -> str:
    """For a URL that the service handed out, any part of which may be secret."""
    return f"{method} a signed URL"
