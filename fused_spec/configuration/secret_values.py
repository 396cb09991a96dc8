"""Read the values of secrets where they are: a variable, a file, what a command prints. None is shown or kept.

Whoever only looks (`validate`, `render`, `plan`) never comes here, but for a plan with secrets whose change is to start
something; and only an apply runs a command.
"""

import os
import stat
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from fused_spec.configuration.declared_secrets import NO_SECRETS, Origin, Secret, Secrets, Source
from fused_spec.errors import Misconfigured

SHORTEST = 8
"""Characters of a value: masking a shorter one stars out ordinary words."""
SHORTEST_KEY = 32
LARGEST = 64 << 10
PATIENCE = 60.0
"""Seconds that a command may take, a person's answer to it included."""
_MAC_BYTES = 16

Run = Callable[[Sequence[str], Path, Mapping[str, str], float], bytes]


class Unreadable(Misconfigured):
    """The values of secrets cannot be had; the message names all of them and no value."""


class SecretReader:
    """Reads each secret once, and remembers it for as long as the command lasts.

    Without `run`, a secret that comes from a command is as one that cannot be read: nobody asked to run anything.
    """

    def __init__(
        self,
        secrets: Secrets = NO_SECRETS,
        *,
        environment: Mapping[str, str] | None = None,
        home: Path = Path("/"),
        run: Run | None = None,
    ) -> None:
        self._secrets = secrets
        self._environment = environment or {}
        self._home = home
        self._run = run
        self._known: dict[Source, str] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"SecretReader({', '.join(self._secrets.by_name)})"

    def values(self, names: Iterable[str]) -> dict[str, str]:
        """The values of these secrets; raises `Unreadable` with all that cannot be had."""
        found: dict[str, str] = {}
        troubles: list[str] = []
        for name in dict.fromkeys(names):
            try:
                found[name] = self._value(name)
            except _Trouble as trouble:
                troubles.append(f"secret.{name} {trouble}")
        if troubles:
            raise Unreadable("; ".join(troubles), hint="the values are read just before a start, where apply runs")
        return found

    def readable(self) -> tuple[str, ...]:
        """The values of all secrets that can be had without running a command, or were had before."""
        found: list[str] = []
        for name, secret in self._secrets.by_name.items():
            if self._comes_by_command(name) and secret.source not in self._known:
                continue
            try:
                found.append(self._value(name))
            except _Trouble:
                continue  # nothing of it can be known here
        return tuple(found)

    def unread(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those whose values cannot be had."""
        return tuple(name for name in names if not self._is_had(name))

    def undeclared(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those that nothing declares any more, or that Fused keeps itself."""
        known = self._secrets.by_name
        return tuple(name for name in names if name not in known or known[name].source.origin is Origin.FUSED)

    def macs(self, names: Collection[str]) -> dict[str, str]:
        """What changes with the values of these secrets, and tells none; raises `Unreadable`.

        A plan asks for it, of what may be anybody's proposal, so it never runs a command.
        """
        if not names:
            return {}
        if by_command := [name for name in names if self._comes_by_command(name)]:
            raise Unreadable(
                f"{', '.join(f'secret.{name}' for name in by_command)}: a plan runs no command to tell a change",
                hint="let it come from a variable or a file, or leave rerun_on_change out",
            )
        key = self._key()
        values = self.values(names)
        return {name: _mac(key, name, value) for name, value in values.items()}

    def _is_had(self, name: str) -> bool:
        try:
            self._value(name)
        except _Trouble:
            return False
        return True

    def _comes_by_command(self, name: str) -> bool:
        secret = self._secrets.by_name.get(name)
        return secret is not None and secret.source.origin is Origin.COMMAND

    def _key(self) -> bytes:
        source = self._secrets.key
        if source is None:
            raise Unreadable(
                "rerun_on_change needs secrets_key, and nothing declares it",
                hint="declare it in fused-spec.yaml: secrets_key: {from: {env: SECRETS_KEY}}",
            )
        try:
            key = self._read(source).encode()
        except _Trouble as trouble:
            raise Unreadable(f"secrets_key {trouble}", hint="a plan with rerun_on_change needs it") from None
        if len(key) < SHORTEST_KEY:
            raise Unreadable(
                f"secrets_key, from {source}, has fewer than {SHORTEST_KEY} bytes",
                hint="make one with `openssl rand -hex 32`, and keep it like a password",
            )
        return key

    def _value(self, name: str) -> str:
        secret: Secret | None = self._secrets.by_name.get(name)
        if secret is None:
            raise _Trouble("is not declared")
        value = self._read(secret.source)
        if len(value) < SHORTEST:
            raise _Trouble(f"({secret.where}): {secret.source} gives fewer than {SHORTEST} characters")
        return value

    def _read(self, source: Source) -> str:
        with self._lock:  # so that a command that asks a person asks once
            if source not in self._known:
                self._known[source] = self._asked(source)
            return self._known[source]

    def _asked(self, source: Source) -> str:
        match source.origin:
            case Origin.ENV:
                value = self._environment.get(source.words[0])
                if value is None:
                    raise _Trouble(f"cannot be read: {source} is not set")
                content = value.encode("utf-8", "surrogateescape")
            case Origin.FILE:
                content = self._file(source)
            case Origin.COMMAND:
                content = self._printed(source)
            case _:
                raise _Trouble(f"has no value here: the UDF reads it as {source}")
        return _text(content, source)

    def _file(self, source: Source) -> bytes:
        said = source.words[0]
        path = self._home / said[2:] if said.startswith("~/") else source.folder / said
        try:
            # Without O_NONBLOCK a pipe would be waited for.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise _Trouble(f"cannot be read: {source} is no regular file")
                content = stream.read(LARGEST + 1)
        except OSError as error:
            raise _Trouble(f"cannot be read: {source}: {error.strerror}") from None
        except ValueError:
            raise _Trouble("cannot be read: its path holds a NUL") from None
        return content

    def _printed(self, source: Source) -> bytes:
        if self._run is None:
            raise _Trouble("cannot be read here: its command is run by apply alone")
        import subprocess

        try:
            return self._run(source.words, source.folder, self._environment, PATIENCE)
        except subprocess.TimeoutExpired:
            raise _Trouble(f"cannot be read: {source} took longer than {PATIENCE:.0f} s") from None
        except subprocess.CalledProcessError as error:
            # What it says on stderr may hold the value, or a part of it.
            raise _Trouble(f"cannot be read: {source} ended with {error.returncode}; run it to see why") from None
        except (OSError, ValueError) as error:
            raise _Trouble(f"cannot be read: {source}: {getattr(error, 'strerror', None) or error}") from None


class _Trouble(Exception):  # told together with those of other secrets
    """Why one value cannot be had."""


def run_command(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float, content: bytes = b""
) -> bytes:
    """What a command prints that reads the content, without a shell; raises what `subprocess.run` does."""
    import subprocess

    done = subprocess.run(
        list(words),
        cwd=folder,
        env=dict(environment),
        input=content,
        capture_output=True,
        timeout=seconds,
        check=True,
    )
    return done.stdout


def _text(content: bytes, source: Source) -> str:
    if len(content) > LARGEST:
        raise _Trouble(f"cannot be read: {source} gives more than {LARGEST >> 10} KiB")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise _Trouble(f"cannot be read: {source} gives no UTF-8") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise _Trouble(f"cannot be read: {source} gives nothing")
    if "\0" in text:
        raise _Trouble(f"cannot be read: {source} gives a NUL, which no variable can hold")
    return text


def _mac(key: bytes, name: str, value: str) -> str:
    import hashlib
    import hmac

    said = name.encode() + b"\0" + value.encode()
    return hmac.new(key, said, hashlib.sha256).digest()[:_MAC_BYTES].hex()
