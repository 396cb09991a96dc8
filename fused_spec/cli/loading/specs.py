"""Specs that were read from Python."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.cli.loading.planned import Planned
from fused_spec.cli.loading.surroundings import as_exceptions, standing_in, surroundings, workplace
from fused_spec.cli.specs.reading import here, read_specs
from fused_spec.cli.terminal.context import Context
from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.messages.phrases import counted
from fused_spec.plan.model import Requests
from fused_spec.spec.model import Desired, Project, Resolution
from fused_spec.spec.resources.said import Resource

Said = str | Path | Resource


def load(
    paths: Said | Iterable[Said] = (),
    *,
    target: str | None = None,
    folder: str | Path = ".",
    variables: Mapping[str, Any] | None = None,
    var_files: Iterable[str | Path] = (),
) -> "Specs":
    """Read specs, as `fused-spec validate` does; what is wrong with them is in `diagnostics`, and raises nothing here.

    `paths` are folders and files, relative to `folder`, or values such as `Job(…)`; without any, the folder `specs`, or
    else `folder` itself. `variables` are what `--var` gives, as the values that they are.
    """
    context = surroundings(folder, target, variables or {}, var_files)
    given = [paths] if isinstance(paths, str | Path | Resource) else list(paths)
    names = [str(one) for one in given if not isinstance(one, Resource)]
    values = [one for one in given if isinstance(one, Resource)]
    if values:
        names.append("-")
        context = replace(context, sources=standing_in(context, values))
    found = here(context, tuple(names))
    with as_exceptions():
        return Specs(context=context, paths=found, resolution=read_specs(context, found))


class Specs(Struct, frozen=True, kw_only=True):
    """Specs that were read, at one target."""

    context: Context
    paths: tuple[str, ...]
    resolution: Resolution

    @property
    def desired(self) -> tuple[Desired, ...]:
        """What they declare, in the order of their files."""
        return self.resolution.desired

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Every problem that was found."""
        return self.resolution.diagnostics

    @property
    def valid(self) -> bool:
        return self.resolution.valid

    @property
    def project(self) -> Project:
        return self.resolution.project

    def plan(
        self,
        *,
        rerun: Iterable[str] = (),
        retry: Iterable[str] = (),
        retry_all: bool = False,
        whole: bool = False,
        select: Iterable[str] = (),
        prune: bool = False,
        prune_limit: int | None = None,
        archive: str | None = None,
    ) -> "Planned":
        """Compare them with the history; changes nothing. The words are those of `fused-spec plan`.

        Raises `SpecError` for specs that are not valid, and for a plan that a policy denies.
        """
        from fused_spec.cli.applying.planning import make_plan, refuse_if_denied

        requests = Requests(
            rerun=frozenset(rerun),
            retry=frozenset(retry),
            retry_all=retry_all,
            whole=whole,
            select=frozenset(select),
            prune=prune,
            prune_limit=prune_limit,
        )
        with as_exceptions():
            place = workplace(self.context, self.resolution, archive)
            made = make_plan(self.context, place, requests)
            found = refuse_if_denied(self.context, made, place)
        return Planned(
            context=self.context,
            paths=self.paths,
            made=made,
            requests=requests,
            archive=archive,
            diagnostics=tuple(found),
        )

    def __repr__(self) -> str:  # what the environment holds is not for everybody
        declared, wrong = counted(len(self.desired), "spec"), counted(len(self.diagnostics), "problem")
        return f"<Specs {' '.join(self.paths)}: {declared}, {wrong}>"

    def _repr_html_(self) -> str:
        from fused_spec.views.html.tables import desired_html, diagnostics_html

        return desired_html(self.desired) + diagnostics_html(self.diagnostics)
