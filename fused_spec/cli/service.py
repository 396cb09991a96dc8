"""`serve`: the embedded service in the foreground."""

from pathlib import Path

import click

from fused_spec.cli.options import Context, command, duration


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 is any free port.")
@click.option("--state", type=click.Path(path_type=Path), metavar="DIR", help="Where jobs, results and files live.")
@click.option("--idle", callback=duration, metavar="D", help="Stop after this long without work; never without it.")
@click.option("--allow-remote", is_flag=True, help="Allow a --host that other machines can reach.")
@command
def serve(context: Context, host: str, port: int, state: Path | None, idle: float | None, allow_remote: bool) -> None:
    """Run the embedded service in the foreground.

    For the command line and for the published fused client. It runs the code that it is sent: whoever has its token can do what you can do on this machine.
    """
