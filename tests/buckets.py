"""A server of S3 on loopback, imported when a test asks for it: every worker of the tests imports all modules."""

from collections.abc import Callable
from typing import NamedTuple


class Served(NamedTuple):
    url: str
    stop: Callable[[], None]


def serve_s3() -> Served:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return Served(f"http://{host}:{port}", server.stop)


def make_bucket(name: str) -> None:
    """In the place that the variables lead to."""
    import boto3

    boto3.client("s3").create_bucket(Bucket=name)
