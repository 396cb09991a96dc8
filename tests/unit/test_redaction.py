"""Secrets by their name, by their shape and by their value."""

import html
import itertools
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.messages.redaction import (
    MASK,
    Redactor,
    env_redactor,
    forms,
    is_sensitive_name,
    looks_like_secret,
    redact,
    shown_env,
    without_secrets,
)

# Put together here, so that no scanner takes this file for a leak.
SHAPES = [
    "fsh_" + "AbCdEfGh12345678",
    "AKIA" + "ABCDEFGHIJKLMNOP",
    "glpat-" + "a1B2c3D4e5F6g7H8i9J0",
    "ghp_" + "a1b2c3d4e5f6g7h8i9j0k1l2",
    "sk-" + "abcdefghijklmnopqrstuvwx",
    "eyJ" + "hbGciOiJIUzI1NiJ9" + "." + "eyJzdWIiOiIxMjM0NTY3" + "." + "sig",
    "-----BEGIN RSA " + "PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    "postgres://user:" + "hunter22@host/db",
    "https://" + "glpat-abcdefghijklmnop" + "@gitlab.example/a.git",
    "AccountName=a;AccountKey=" + "abcdefghijklmnopqrstuvwxyz==" + ";EndpointSuffix=x",
]


SECRET_NAMES = """
API_TOKEN DB_PASSWORD AWS_SECRET_ACCESS_KEY SLACK_AUTH MY_API_KEY PGPASSWORD DBPASSWORD DB_PASS FIREWALL_PASS SSHPASS
GITHUB_PAT AZURE_STORAGE_KEY AZURE_STORAGE_KEY2 AZURE_STORAGE_CONNECTION_STRING OPENAI_KEY STRIPE_KEY SENTRY_DSN
SESSION_COOKIE APP_JWT pass accessToken dbPassword userPass apiKey awsSecretAccessKey X-Api-Key Authorization
""".split()  # noqa: SIM905  # a table

ORDINARY_NAMES = """
LOG_LEVEL FUSED_CREDENTIAL_PROVIDER AUTHOR TOKENIZER KEYBOARD PATH PRIMARY_KEY SORT_KEY PARTITION_KEY PUBLIC_KEY COMPASS
BYPASS BY_PASS high_pass bandPass first_pass passes PASSENGER PATTERN PATIENT SPATIAL patch cookiecutter max_tokens
isPrimaryKey keyboardLayout monkey object_key
""".split()  # noqa: SIM905  # a table


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_that_asks_for_a_secret_is_sensitive(name: str) -> None:
    assert is_sensitive_name(name)


@pytest.mark.parametrize("name", ORDINARY_NAMES)
def test_an_ordinary_name_is_not(name: str) -> None:
    assert not is_sensitive_name(name)


@pytest.mark.parametrize("name", [*SECRET_NAMES, "SOME_VENDOR_KEY", "MYPASS", "API_TOKENS", "SLACK_WEBHOOK_URL"])
def test_a_foreign_process_gets_no_variable_that_may_hold_a_secret(name: str) -> None:
    assert without_secrets({name: "value"}) == {}


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "PWD", "LANG", "SSH_AUTH_SOCK", "PYTHONPATH", "KEYBOARD", "BYPASS_ALL"]
)
def test_a_foreign_process_gets_ordinary_variables(name: str) -> None:
    assert without_secrets({name: "value"}) == {name: "value"}


@pytest.mark.parametrize("secret", SHAPES)
def test_a_known_shape_is_masked_wherever_it_stands(secret: str) -> None:
    assert looks_like_secret(secret)
    assert secret not in redact(f"before {secret} after")


@pytest.mark.parametrize("secret", SHAPES[:5])
@pytest.mark.parametrize("sequence", ["\x1b[m", "\x1b[31m", "\x1b[1;31m", "\x1b[2J"])
def test_a_secret_in_colour_is_masked_too(secret: str, sequence: str) -> None:
    assert secret not in redact(f"{sequence}{secret}\x1b[0m")


@pytest.mark.parametrize("text", ["Bearer abc.def", "Fused-Env-Bearer abc", "Fused-Service-Token abc", "Basic abc="])
def test_what_stands_in_an_authorization_header_is_masked(text: str) -> None:
    assert "abc" not in redact(f"Authorization: {text}")


@pytest.mark.parametrize(
    "url",
    [
        "http://h/x?expires=1&signature=abcdef",
        "http://h/realtime-shared/abcdef/run",
        "http://h/udf-access-token/by-token/abcdef",
    ],
)
def test_the_part_of_a_url_that_opens_something_is_masked(url: str) -> None:
    assert "abcdef" not in redact(url)


def test_the_environment_is_shown_with_its_names() -> None:
    shown = shown_env({"LEVEL": "debug", "API_TOKEN": "abc", "OTHER": SHAPES[0]})
    assert shown == {"LEVEL": "debug", "API_TOKEN": MASK, "OTHER": MASK}


def test_a_secret_that_holds_another_is_masked_whole() -> None:
    assert Redactor(["abcd", "abcdefgh"])("x abcdefgh y") == f"x {MASK} y"


def test_a_very_short_value_is_left() -> None:
    assert Redactor(["a"])("a cat") == "a cat"


@given(st.text(min_size=4).filter(lambda value: MASK not in value and value not in MASK), st.text())
def test_a_known_value_never_survives(secret: str, around: str) -> None:
    redactor = env_redactor({"MY_TOKEN": secret})
    assert secret not in redactor(f"{around}{secret}{around}").replace(MASK, "")


@given(st.text())
def test_ordinary_text_is_left_as_it_is_or_only_masked(text: str) -> None:
    masked = redact(text)
    assert masked == text or MASK in masked


@pytest.mark.parametrize("name", ["PWD", "SSH_AUTH_SOCK", "FUSED_AUTH_TOKEN_TYPE"])
def test_what_a_shell_sets_is_no_secret(name: str) -> None:
    assert not is_sensitive_name(name)


KEY = "first-line-of-it\nsecond-line-of-it\nend"


@given(st.text("ab-c", max_size=8), st.lists(st.integers(0, 40), max_size=6), st.booleans())
def test_a_known_value_is_masked_however_a_text_is_cut(around: str, cuts: list[int], line_ends: bool) -> None:
    secret = "correct-horse-battery-staple"
    text = f"{around}{secret}{around}"
    places = sorted({0, *(cut for cut in cuts if cut < len(text)), len(text)})
    cut = [text[start:end] + "\n" * line_ends for start, end in itertools.pairwise(places)]
    masked = list(Redactor([secret]).pieces(cut))
    assert len(masked) == len(cut)
    left = "".join(piece.rstrip("\n") for piece in masked)
    assert left.replace(MASK, "") == around * 2
    assert [piece.endswith("\n") for piece in masked] == [line_ends] * len(cut)


def test_each_line_of_a_known_value_is_masked() -> None:
    masked = list(Redactor([KEY]).pieces(["  second-line-of-it  ", "end", *KEY.splitlines()]))
    assert masked == [f"  {MASK}  ", "end", MASK, MASK, MASK]


def test_what_may_go_on_is_kept_back() -> None:
    redactor = Redactor(["correct-horse"])
    assert list(redactor.pieces(["a", "b correct-h"], last=False)) == ["a"]
    assert list(redactor.pieces(["a", "b correct-h"])) == ["a", "b correct-h"]


@given(st.lists(st.text(max_size=5), max_size=200))
def test_pieces_without_a_known_value_come_back_as_they_are(pieces: list[str]) -> None:
    assert list(Redactor(["never-in-there-0123456789"]).pieces(pieces)) == pieces


@pytest.mark.parametrize("url", ["https://me:p@ss@h/x", "git+https://me:p@s@s@h/x", "https://:p@ss@h/x"])
def test_a_password_is_masked_to_its_end(url: str) -> None:
    assert redact(f"see {url}").endswith(f":{MASK}@h/x")


def test_an_address_far_behind_a_port_is_no_password() -> None:
    assert redact('{"at":"http://h:80/","mail":"a@b,c@d"}') == '{"at":"http://h:80/","mail":"a@b,c@d"}'


ODD = 'hünter/2 "it\'s" <a&b>\nsecond-line-of-it'


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(ODD),
        json.dumps(ODD, ensure_ascii=False),
        json.dumps(json.dumps(ODD)[1:-1]),
        json.dumps(ODD).replace("/", "\\/"),
        repr(ODD),
        ascii(ODD),
        '"' + ODD.replace('"', '""') + '"',
        html.escape(ODD),
        quote(ODD),
        quote(ODD, safe=""),
        quote_plus(ODD),
    ],
)
def test_a_known_value_is_masked_however_it_is_written(written: str) -> None:
    masked = Redactor([ODD])(f"a {written} b")
    assert masked.strip("ab ").strip("'\"") == MASK


def test_a_plain_value_has_one_form_beside_those_of_its_bytes() -> None:
    assert forms("correct") == ["correct"]
    assert len(forms("correct-horse")) == 6


def test_the_longest_form_of_a_value_comes_first() -> None:
    sizes = list(map(len, forms(ODD)))
    assert sizes == sorted(sizes, reverse=True)


@given(st.integers(1, 30))
def test_a_known_value_in_its_longest_form_is_masked_when_it_is_cut(place: int) -> None:
    longest = forms('a/"horse" & a battery')[0]
    masked = Redactor(['a/"horse" & a battery']).pieces([f"a {longest[:place]}", longest[place:]])
    assert "".join(masked).replace(MASK, "") == "a "


@pytest.mark.parametrize("around", ["", "a ", "battery correct-"])
def test_the_open_end_of_a_text_is_the_longest_beginning_of_a_known_value(around: str) -> None:
    redactor = Redactor(["correct-horse", "horse-battery"])
    assert redactor.open_end(f"{around}correct-hors") == len("correct-hors")
    assert redactor.open_end(f"{around}correct") == len("correct")
    assert redactor.open_end(f"{around}correct-horse ") == 0


ALL = (
    "AccountKey=" + "A" * 24,
    "see https://me:pw12@host/x",
    "https://" + "t" * 24 + "@host",
    "BEARER abcdef",
    "x-Bearer abcdef",
    "service-to\u212aen abcdef",
    "AUTHORIZATION: Basic abcdef",
    "a?sig=abcdef",
    "a&x-goog-credential=abcdef",
    "/by-token/abcdef",
    "/realtime-shared/abcdef",
    "-----BEGIN PRIVATE KEY-----",
)


@pytest.mark.parametrize("text", ALL)
def test_no_shape_is_passed_over_for_having_no_trace(text: str) -> None:
    assert MASK in redact(text)
