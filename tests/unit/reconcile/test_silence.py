"""How long a service that cannot be read is ridden out."""

import pytest

from fused_spec.errors import ServiceError
from fused_spec.reconcile.following.silence import Silence

ERROR = ServiceError("no answer")


def test_only_the_first_failure_is_told() -> None:
    silence = Silence(900.0)
    assert [silence.begins(now, ERROR) for now in (0.0, 5.0, 10.0)] == [True, False, False]


def test_a_silence_that_is_too_long_ends_with_its_error() -> None:
    silence = Silence(900.0)
    for now in range(0, 901, 100):
        silence.begins(float(now), ERROR)
    with pytest.raises(ServiceError, match="no answer"):
        silence.begins(1000.0, ERROR)


def test_an_answer_ends_the_silence() -> None:
    silence = Silence(100.0)
    silence.begins(0.0, ERROR)
    silence.ends()
    assert silence.begins(200.0, ERROR)


def test_hours_of_sleep_are_no_silence() -> None:
    silence = Silence(900.0)
    silence.begins(0.0, ERROR)
    assert not silence.begins(8 * 3600.0, ERROR)
