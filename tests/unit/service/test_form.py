"""The multipart form of an upload: fields, then a file that is read as it comes."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.service.http.form import BadForm, Form

TYPE = "multipart/form-data; boundary=x"


def body(*parts: tuple[str, bytes], end: bytes = b"--x--\r\n") -> bytes:
    heads = [(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode(), value) for name, value in parts]
    return b"".join(head + value + b"\r\n" for head, value in heads) + end


async def in_pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read(content: bytes, size: int = 7, content_type: str = TYPE) -> tuple[dict[str, str], bytes]:
    async def whole() -> tuple[dict[str, str], bytes]:
        form = Form(content_type, in_pieces(content, size))
        pieces = await form.begin()
        fields = dict(form.fields)
        return fields, b"".join([piece async for piece in pieces])

    return asyncio.run(whole())


@given(content=st.binary(max_size=200), size=st.integers(1, 100))
def test_a_file_comes_out_as_it_went_in_however_it_is_cut(content: bytes, size: int) -> None:
    made = body(("key", b"fd://a"), ("policy", "é".encode()), ("file", content))
    assert read(made, size) == ({"key": "fd://a", "policy": "é"}, content)


def test_what_follows_the_file_is_not_taken() -> None:
    assert read(body(("file", b"content"), ("key", b"late"))) == ({}, b"content")


def test_the_fields_are_known_before_the_file_is_read() -> None:
    asked: list[bytes] = []

    async def slow() -> AsyncIterator[bytes]:
        for piece in (body(("key", b"fd://a"), end=b""), body(("file", b"1"), end=b"")[:-2], b"2" * 99, b"\r\n--x--"):
            asked.append(piece)
            yield piece

    async def begin() -> Form:
        form = Form(TYPE, slow())
        await form.begin()
        return form

    assert asyncio.run(begin()).fields == {"key": "fd://a"}
    assert len(asked) == 2


MANY = [(f"f{number}", b"") for number in range(30)]
BAD = {
    "another type": (body(("file", b"")), "application/json"),
    "no boundary": (body(("file", b"")), "multipart/form-data"),
    "no file": (body(("key", b"a")), TYPE),
    "nothing": (b"", TYPE),
    "no form": (b"hello\r\n" * 9, TYPE),
    "a file that breaks off": (body(("file", b"abc"), end=b"")[:-4], TYPE),
    "a field without a name": (b"--x\r\nA: b\r\n\r\nvalue\r\n--x--", TYPE),
    "a field twice": (body(("key", b"a"), ("key", b"b"), ("file", b"")), TYPE),
    "many fields": (body(*MANY, ("file", b"")), TYPE),
    "an endless field": (body(("key", b"a" * 100_000), ("file", b"")), TYPE),
    "an endless header": (b"--x\r\nA: " + b"b" * 100_000, TYPE),
    "many headers": (b"--x\r\n" + b"A: b\r\n" * 100_000, TYPE),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_such_form_is_refused(case: str) -> None:
    content, content_type = BAD[case]
    with pytest.raises(BadForm):
        read(content, 4096, content_type)


@given(content=st.binary(max_size=300), size=st.integers(1, 50))
def test_any_bytes_are_a_form_or_refused(content: bytes, size: int) -> None:
    try:
        read(b"--x\r\n" + content, size)
    except BadForm as error:
        assert str(error)
