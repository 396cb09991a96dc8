"""Show to a person what a check of the archive found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fused_spec.messages.phrases import counted
from fused_spec.views.words.shown import visible

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Check


def verified_text(checks: Sequence["Check"]) -> str:
    """One line for each problem, and one for all."""
    bad = [check for check in checks if check.problem is not None]
    lines = [f"{visible(check.folder)}: {visible(str(check.problem))}" for check in bad]
    whole = [check for check in checks if check.missing is not None]
    lines += [f"{visible(check.folder)}: note: its log is not whole: {visible(str(check.missing))}" for check in whole]
    return "\n".join([*lines, f"Archive: {counted(len(checks), 'run')}, {counted(len(bad), 'problem')}."])
