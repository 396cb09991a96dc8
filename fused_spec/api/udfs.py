"""Save, load, list and delete UDFs of the registry, and say which UDF a few words mean."""

import json
from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from fused_spec.api.account import AccountReads
from fused_spec.api.errors import ApiError, InvalidArgument, Unreadable
from fused_spec.api.http.addresses import checked_id, path
from fused_spec.api.paging import read_pages
from fused_spec.api.values.inputs import as_udf, content_of
from fused_spec.wire import SavedUdf, UdfSave

_LISTINGS = {"self": "udf/self", "public": "udf/public", "team": "udf/exec-env/self"}


class UdfReference(Struct, frozen=True, kw_only=True):
    """A saved UDF: by its id, or by the e-mail address of its owner and its name."""

    id: str | None = None
    email: str | None = None
    name: str | None = None


def udf_reference(
    first: object,
    name: str | None = None,
    *,
    email: str | None = None,
    id: str | UUID | None = None,
    own_email: Callable[[], str],
) -> UdfReference:
    """Read the forms that the published client accepts, by its rules: an `id` goes before everything; a `name` belongs
    to `first`, else to `email`, else to the caller as the service has it; `first` alone is an id, `email/name`, or the
    name of a UDF of the caller (only then is `own_email` asked). It may also be a UDF that was saved or loaded."""
    if id is not None:
        return UdfReference(id=_udf_id(id))
    text = first if first is None or isinstance(first, str) else _udf_id(first)
    if name is not None:
        return UdfReference(email=email if text is None else text, name=name)
    if not text:
        raise InvalidArgument("no UDF is named", hint="give its id, its name, or `email/name`")
    if _is_uuid(text):
        return UdfReference(id=checked_id(text, "UDF id"))
    owner, slash, slug = text.partition("/")
    if not slash:
        return UdfReference(email=own_email(), name=text)
    if owner and slug:
        return UdfReference(email=owner, name=slug)
    raise InvalidArgument(f"{text!r} is neither an id, nor a name, nor `email/name`")


def _udf_id(udf: object) -> str:
    """The id of a saved UDF, given as text or a UUID, as it was read, or as the published client loaded it."""
    if isinstance(udf, str | UUID):
        return checked_id(str(udf), "UDF id")
    metadata = getattr(udf, "metadata", None)
    known = getattr(udf, "id", None) if isinstance(udf, SavedUdf) else (metadata or {}).get("fused:id")
    if isinstance(known, str):
        return checked_id(known, "UDF id")
    if hasattr(udf, "code"):
        raise InvalidArgument("this UDF is not saved, so no token can name it", hint="save it first: save_udf(udf)")
    raise InvalidArgument(f"a {type(udf).__name__} names no UDF", hint="give its id, its name, or `email/name`")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


class UdfReads(AccountReads):
    def get_udf(self, id: str) -> SavedUdf:
        """A saved UDF by its id."""
        return self._transport.call("GET", path("udf", "by-id", checked_id(id, "UDF id"))).read_as(SavedUdf)

    def load_udf(self, email_or_name_or_id: str, name: str | None = None) -> SavedUdf:
        """A saved UDF by id, by name (the caller's own), by `email/name`, or by e-mail address and name."""
        wanted = udf_reference(email_or_name_or_id, name, own_email=self._own_email)
        if wanted.id is not None:
            return self.get_udf(wanted.id)
        owner, slug = wanted.email or self._own_email(), str(wanted.name)
        try:
            return self._udf_at("udf", "by-user-email", owner, "by-slug", slug)
        except ApiError as error:
            if error.status_code != 404:
                raise
            # The 2.x service keeps UDFs in collections, and has its own path for them.
            return self._udf_at("udf", "by-user-email", owner, "by-collection", "default", "by-slug", slug)

    def get_udfs(
        self,
        n: int | None = None,
        *,
        skip: int = 0,
        per_request: int = 25,
        max_requests: int | None = None,
        whose: str = "self",
    ) -> list[SavedUdf]:
        """Saved UDFs: the caller's own ("self"), the "team"'s, or everybody's ("public"); None means all."""
        if whose not in _LISTINGS:
            raise InvalidArgument(f"whose is one of {', '.join(_LISTINGS)}, not {whose!r}")
        return read_pages(
            lambda skip, limit: self._transport.call(
                "GET", _LISTINGS[whose], query={"skip": skip, "limit": limit}
            ).read_as(list[SavedUdf]),
            n=n,
            skip=skip,
            per_request=per_request,
            max_requests=max_requests,
            identity=lambda udf: udf.id,
        )

    def _udf_at(self, *segments: str) -> SavedUdf:
        return self._transport.call("GET", path(*segments)).read_as(SavedUdf)

    def _own_email(self) -> str:
        email = self._whoami().get("email")
        if not isinstance(email, str) or not email:
            raise Unreadable("the service does not tell the caller's e-mail address", hint="name the UDF by its id")
        return email


class UdfWrites(UdfReads):
    def save_udf(
        self,
        udf: object,
        slug: str | None = None,
        id: str | None = None,
        allow_public_read: bool = False,
        allow_public_list: bool = False,
    ) -> SavedUdf:
        """Save a UDF as a new one, or over the one with this `id`; without a `slug` its name is used.

        `udf` is a wire model, plain JSON, or a UDF of the published package. A slug that is taken answers 409.
        """
        body = as_udf(udf)
        slug = slug or body.name
        if not slug:
            raise InvalidArgument("the UDF has no name to be saved under", hint="give a slug")
        content = UdfSave(
            slug=slug,
            udf_body=json.dumps(content_of(body), ensure_ascii=False, separators=(",", ":")),
            allow_public_read=allow_public_read,
            allow_public_list=allow_public_list,
        )
        place = "udf/new" if id is None else path("udf", "by-id", checked_id(id, "UDF id"))
        return self._transport.call("POST", place, content=content.model_dump(mode="json", exclude_none=True)).read_as(
            SavedUdf
        )

    def delete_udf(self, id: str) -> None:
        """Delete a saved UDF; tokens that name it stop working."""
        self._transport.call("DELETE", path("udf", "by-id", checked_id(id, "UDF id")))
