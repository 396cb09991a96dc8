"""What is written down of tokens: their making, and their names."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fused_spec.errors import Misconfigured
from fused_spec.reconcile.journal.tokens import TokenIntent, TokenJournal
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.spec.model import Key, Kind

KEY = Key(kind=Kind.TOKEN, name="tiles")
INTENT = TokenIntent(key=KEY, nonce="n1", sent=datetime(2026, 11, 30, 12, tzinfo=UTC))


@pytest.fixture
def journal(tmp_path: Path) -> TokenJournal:
    return TokenJournal(LocalStore(tmp_path), "ours/tokens")


def test_an_intent_is_open_until_it_is_settled(journal: TokenJournal) -> None:
    journal.intend(INTENT)
    assert (journal.open_intents(), journal.open_nonces()) == ([INTENT], {"n1"})
    journal.settle(INTENT)
    assert (journal.open_intents(), journal.open_nonces()) == ([], frozenset())


def test_an_intent_is_settled_by_its_nonce(journal: TokenJournal) -> None:
    journal.intend(INTENT)
    journal.settle_nonces(["another", None])
    assert journal.open_nonces() == {"n1"}
    journal.settle_nonces(["n1"])
    assert journal.open_nonces() == frozenset()


def test_the_intents_of_one_token_are_settled_together(journal: TokenJournal) -> None:
    journal.intend(INTENT)
    journal.intend(TokenIntent(key=Key(kind=Kind.TOKEN, name="others"), nonce="n2", sent=None))
    journal.settle_key(KEY)
    assert journal.open_nonces() == {"n2"}


def test_a_name_is_known_once_it_was_remembered(journal: TokenJournal) -> None:
    assert not journal.knows_names()
    journal.remember("0a1b", "tiles")
    assert (journal.knows_names(), journal.names(["0a1b", "ffff"])) == (True, {"0a1b": "tiles"})


def test_a_name_that_cannot_be_read_is_not_known(journal: TokenJournal, tmp_path: Path) -> None:
    journal.remember("0a1b", "tiles")
    (tmp_path / "ours/tokens/names/0a1b.json").write_text("{", encoding="utf-8")
    assert journal.names(["0a1b"]) == {}


@pytest.mark.parametrize(("content", "why"), [('{"v": 2}', "of version 2"), ("{", "cannot be read"), ("[]", "not the")])
def test_an_intent_that_nobody_understands_ends_the_command(
    journal: TokenJournal, tmp_path: Path, content: str, why: str
) -> None:
    journal.intend(INTENT)
    [file] = (tmp_path / "ours/tokens/made/tiles").iterdir()
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Misconfigured, match=why) as caught:
        journal.open_intents()
    assert str(file) in str(caught.value)
