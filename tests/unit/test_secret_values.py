"""Where the values of secrets come from, what is refused, and that nothing that is told holds one."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex

import pytest

from fused_spec.configuration.declared_secrets import Origin, Secret, Secrets, Source
from fused_spec.configuration.secret_values import LARGEST, SecretReader, Unreadable, run_command
from fused_spec.messages.diagnostics import Location

HERE = Location(path="fused-spec.yaml", line=3, column=5)
KEY = "k" * 32


def source(origin: Origin, *words: str, folder: Path = Path("/")) -> Source:
    return Source(origin, words, folder)


def reader(
    of: Source,
    *,
    env: Mapping[str, str] | None = None,
    home: Path = Path("/"),
    key: Source | None = None,
    runs: bool = True,
) -> SecretReader:
    secrets = Secrets({"DB": Secret("DB", of, HERE, reruns=key is not None)}, key)
    return SecretReader(secrets, environment=env or {}, home=home, run=run_command if runs else None)


def trouble(of: SecretReader) -> str:
    with pytest.raises(Unreadable) as caught:
        of.values(["DB"])
    return str(caught.value)


def test_a_variable_is_taken_as_it_is() -> None:
    assert reader(source(Origin.ENV, "X"), env={"X": " a b c d$e "}).values(["DB"]) == {"DB": " a b c d$e "}


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_of_a_file_the_last_line_end_does_not_count(tmp_path: Path, end: str) -> None:
    (tmp_path / "db").write_bytes(f"correct-horse{end}".encode())
    assert reader(source(Origin.FILE, "db", folder=tmp_path)).values(["DB"]) == {"DB": "correct-horse"}


def test_a_file_may_lie_in_the_home_folder(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("correct-horse")
    assert reader(source(Origin.FILE, "~/db"), home=tmp_path).values(["DB"]) == {"DB": "correct-horse"}


def test_a_command_prints_it_and_no_shell_is_between(tmp_path: Path) -> None:
    words = (sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; correct `horse`")
    assert reader(source(Origin.COMMAND, *words, folder=tmp_path)).values(["DB"]) == {"DB": "$HOME; correct `horse`"}


def test_a_value_is_read_once() -> None:
    asked: list[Sequence[str]] = []

    def run(words: Sequence[str], *_: object) -> bytes:
        asked.append(words)
        return b"correct-horse"

    secrets = Secrets({"DB": Secret("DB", source(Origin.COMMAND, "op"), HERE)})
    once = SecretReader(secrets, run=run)
    assert once.readable() == ()
    once.values(["DB"])
    once.values(["DB"])
    assert (asked, once.readable()) == ([("op",)], ("correct-horse",))


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (source(Origin.ENV, "X"), "secret.DB cannot be read: the variable X is not set"),
        (source(Origin.FILE, "none"), "the file none: No such file or directory"),
        (source(Origin.FILE, "/"), "the file /: Is a directory"),
        (source(Origin.FILE, "a\0b"), "its path holds a NUL"),
        (source(Origin.COMMAND, "no-such-command-here"), "the command no-such-command-here: No such file"),
        (source(Origin.COMMAND, "false"), "the command false ended with 1; run it to see why"),
        (source(Origin.COMMAND, "true"), "the command true gives nothing"),
        (source(Origin.FUSED, "DB"), 'the UDF reads it as fused.secrets["DB"]'),
    ],
)
def test_what_cannot_be_had_says_why(of: Source, words: str) -> None:
    assert words in trouble(reader(of))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "gives nothing"),
        (b"\n", "gives nothing"),
        (b"short\n", "gives fewer than 8 characters"),
        (b"\xff\xfe" * 8, "gives no UTF-8"),
        (b"correct\0horse", "gives a NUL"),
        (b"x" * (LARGEST + 1), "gives more than 64 KiB"),
    ],
)
def test_what_no_secret_can_be_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "db").write_bytes(content)
    assert words in trouble(reader(source(Origin.FILE, "db", folder=tmp_path)))


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "db")
    assert "no regular file" in trouble(reader(source(Origin.FILE, "db", folder=tmp_path)))


def test_a_command_that_takes_too_long_is_ended() -> None:
    def run(words: Sequence[str], folder: Path, env: Mapping[str, str], seconds: float) -> bytes:
        raise subprocess.TimeoutExpired(list(words), seconds)

    secrets = Secrets({"DB": Secret("DB", source(Origin.COMMAND, "op"), HERE)})
    assert "took longer than 60 s" in trouble(SecretReader(secrets, run=run))


def test_without_leave_no_command_is_run() -> None:
    one = reader(source(Origin.COMMAND, "echo", "correct-horse"), runs=False)
    assert "run by apply alone" in trouble(one)
    assert one.readable() == ()


def test_all_that_cannot_be_had_is_told_at_once() -> None:
    by_name = {name: Secret(name, source(Origin.ENV, name), HERE) for name in ("A", "B", "C")}
    with pytest.raises(Unreadable) as caught:
        SecretReader(Secrets(by_name), environment={"B": "correct-horse"}).values(["A", "B", "C", "D"])
    assert [name in str(caught.value) for name in ("secret.A", "secret.B", "secret.C", "secret.D")] == [1, 0, 1, 1]


def test_no_trouble_holds_a_value_or_what_a_command_said() -> None:
    canary = token_hex(16)
    program = f"import sys; print({canary!r}); print({canary!r}, file=sys.stderr); sys.exit(3)"
    one = reader(source(Origin.COMMAND, sys.executable, "-c", program))
    assert canary not in trouble(one)
    assert canary not in repr(one)


def test_a_reader_does_not_show_what_it_knows() -> None:
    one = reader(source(Origin.ENV, "X"), env={"X": "correct-horse"})
    one.values(["DB"])
    assert "correct" not in repr(one)


def mac(value: str, *, key: str = KEY, name: str = "DB") -> str:
    secrets = Secrets({name: Secret(name, source(Origin.ENV, "X"), HERE)}, source(Origin.ENV, "K"))
    return SecretReader(secrets, environment={"X": value, "K": key}).macs([name])[name]


def test_what_tells_a_change_is_of_name_value_and_key() -> None:
    told = {
        mac("correct-horse"),
        mac("other-horse"),
        mac("correct-horse", key="j" * 32),
        mac("correct-horse", name="E"),
    }
    assert len(told) == 4
    assert mac("correct-horse") == "716d6c859f6525ea7971afc2f555a1a7"


def test_a_short_key_is_refused_and_not_shown() -> None:
    with pytest.raises(Unreadable, match="fewer than 32 bytes") as caught:
        mac("correct-horse", key="j" * 31)
    assert "j" * 31 not in str(caught.value)


def test_nobody_runs_a_command_to_tell_a_change() -> None:
    one = reader(source(Origin.COMMAND, "echo", "correct-horse"), env={"K": KEY}, key=source(Origin.ENV, "K"))
    with pytest.raises(Unreadable, match="a plan runs no command"):
        one.macs(["DB"])


def test_without_secrets_whose_change_counts_no_key_is_asked_for() -> None:
    assert SecretReader().macs([]) == {}
