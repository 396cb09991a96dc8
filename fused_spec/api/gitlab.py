"""A CI/CD variable of a project at GitLab, which holds a secret: masked, and hidden where GitLab makes it so.

Of a hidden variable GitLab tells everything but the value. So its description has a sign that tells one value from
another, and is made of none.
"""

import json
from collections.abc import Callable
from typing import Any

from fused_spec.api.errors import ApiError
from fused_spec.api.http.addresses import path
from fused_spec.api.http.answers import Answer
from fused_spec.api.http.transport import Transport
from fused_spec.configuration.token_sinks import GitLab
from fused_spec.errors import FusedSpecError
from fused_spec.system.timings import UNTIMED, Timings

_MADE_BY = "Written by fused-spec"
_MOST_SAID = 300


class GitLabRefused(FusedSpecError):
    """GitLab did not take a variable, or does not show it."""


class GitLabVariable:
    """The variable that a sink names, in a project at a server. Raises `InvalidArgument` for a URL that is not used."""

    def __init__(self, sink: GitLab, base_url: str, project: str, token: str, *, timings: Timings = UNTIMED) -> None:
        self._sink, self._project = sink, project
        self._transport = Transport(base_url, None, timings=timings)
        self._transport.hide([token])
        self._headers = {"Authorization": f"Bearer {token}"}
        self._all = path("projects", project, "variables")
        self._one = path("projects", project, "variables", sink.name)

    def __repr__(self) -> str:
        return f"GitLabVariable({self._sink.name!r})"

    def trouble(self, value: str, sign: str) -> str | None:
        """What it lacks of holding this value masked; of a hidden one its sign tells."""
        self._transport.hide([value])
        held = self._held()
        if held is None:
            return "is not there"
        if held.get("masked") is not True:
            return "is not masked"
        if (held.get("protected") is True) != self._sink.protected:
            return "is not protected" if self._sink.protected else "is protected"
        if held.get("hidden") is True and held.get("value") is None:
            return None if held.get("description") == _description(sign) else "has the sign of another value"
        return None if held.get("value") == value else "holds another value"

    def check(self) -> None:
        """Raise when it cannot be asked for."""
        self._held()

    def write(self, value: str, sign: str) -> None:
        """Have it hold the value, and see that it does; what GitLab did not mask is taken away again."""
        self._transport.hide([value])
        content = {
            "value": value,
            "masked": True,
            "raw": True,
            "protected": self._sink.protected,
            "environment_scope": self._sink.environment,
            "description": _description(sign),
        }
        if self._held() is None:
            # Servers before 17.4 know no `masked_and_hidden`, and leave it out.
            self._call("POST", self._all, {**content, "key": self._sink.name, "masked_and_hidden": True})
        else:
            self._call("PUT", self._one, content)
        trouble = self.trouble(value, sign)
        if trouble == "is not masked":
            self._call("DELETE", self._one)
            raise GitLabRefused(
                f"{self._sink} {trouble}, so it was removed again", hint="use a GitLab that masks variables, then apply"
            )
        if trouble is not None:
            raise GitLabRefused(f"{self._sink} was written, and {trouble}", hint="see who else writes it, then apply")

    def _held(self) -> dict[str, Any] | None:
        """What GitLab tells of it; None when there is none."""
        try:
            answer = self._ask("GET", self._one)
        except ApiError as error:
            if error.status_code == 404 and "variable" in _said(error).lower():
                return None
            raise self._refused(error) from None
        return answer.read_as(dict[str, Any])

    def _call(self, method: str, where: str, content: dict[str, Any] | None = None) -> None:
        try:
            self._ask(method, where, content)
        except ApiError as error:
            raise self._refused(error) from None

    def _ask(self, method: str, where: str, content: dict[str, Any] | None = None) -> Answer:
        """One variable is asked for with its environment: several may have its name."""
        query = {"filter[environment_scope]": self._sink.environment} if where == self._one else None
        return self._transport.call(
            method, where, query=query, content=content, headers=self._headers, authenticated=False
        )

    def _refused(self, error: ApiError) -> FusedSpecError:
        """The same in words of what to do; what may pass stays what it is."""
        token = self._sink.access_from
        words: dict[int, Callable[[], tuple[str, str]]] = {
            400: lambda: (
                f"GitLab did not take the value: {_said(error)}",
                "a masked value is one line of 8 characters or more, without blanks; see the project's CI/CD settings",
            ),
            401: lambda: (f"GitLab does not accept the token in {token}", f"put one that is valid into {token}"),
            403: lambda: (
                f"the token in {token} may not change variables",
                f"put one of a maintainer with the scope api into {token}; CI_JOB_TOKEN does not do",
            ),
            404: lambda: (
                f"GitLab shows the token in {token} no project {self._project}",
                "name the project by its number or path, and use a token of a maintainer of it",
            ),
        }
        if error.status_code not in words:
            return error
        what, hint = words[error.status_code]()
        return GitLabRefused(f"{self._sink}: {what}", hint=hint)


def _description(sign: str) -> str:
    return f"{_MADE_BY} ({sign[:16]})"


def _said(error: ApiError) -> str:
    """What GitLab said, without secrets."""
    said = error.args[0]
    return (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))[:_MOST_SAID]
