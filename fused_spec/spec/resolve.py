"""From paths to desired state: find, read, check, resolve; everything wrong with all of it is told together.

Nothing here asks a service or runs code.
"""

from collections.abc import Callable, Sequence
from typing import Unpack

from fused_spec.spec.language.findings import by_target
from fused_spec.spec.language.outside import OUTSIDE
from fused_spec.spec.model import Project, Resolution, Survey
from fused_spec.spec.relations.outputs import with_outputs_in_digests
from fused_spec.spec.sight import Means, Sight


def resolve(
    paths: Sequence[str], *, target: Callable[[Project], str] | None = None, **means: Unpack[Means]
) -> Resolution:
    """Everything that the specs at `paths` declare, in the order of their files, and every problem found.

    What they declare is told for one target, the project's default one where `target` names no other. Never raises for
    what a person wrote.
    """
    sight = Sight(paths, means)
    name = sight.project.default_target if target is None else target(sight.project)
    seen = sight.at(name, keeps=True, may_lack=False)
    problems = sight.problems(seen)
    desired = tuple(one.desired for one in seen.looked if one.desired is not None)
    if not any(problem.is_error for problem in problems):
        desired = with_outputs_in_digests(desired)
    return Resolution(
        project=sight.project,
        desired=desired,
        diagnostics=sight.in_order(problems),
        files=tuple(file.path for file in sight.files if file.path is not None),
        secrets=sight.spoken.secrets(name),
        judge=seen.around.judge,
        outside=tuple(sorted(name.removeprefix(OUTSIDE) for name in seen.used if name.startswith(OUTSIDE))),
    )


def survey(paths: Sequence[str], **means: Unpack[Means]) -> Survey:
    """The same problems at every target, without what the specs declare: of any number of specs little has to be kept.

    No value of a variable is needed for that.
    """
    sight = Sight(paths, means)
    names = sight.targets()
    seen = {name: sight.at(name, keeps=False, may_lack=True) for name in names}
    told = {name: sight.problems(one) for name, one in seen.items()}
    files = dict.fromkeys(one.declaration.file for one in seen[names[0]].looked)
    built = [one.declaration.file for one in seen[names[0]].looked if one.is_built]
    return Survey(
        project=sight.project,
        diagnostics=sight.in_order([*by_target(told), *sight.between(seen), *sight.unused(seen.values())]),
        specs=len(built),
        files=len(set(built)),
        names=tuple(sight.files[number].name for number in files),
    )
