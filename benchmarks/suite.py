"""Every benchmark, each row beside its peer in the same run.

    benchmarks/run [--quick] [--only SCRIPT ...] [--json FILE]
    benchmarks/run --list

Prints Markdown; --json writes the same to a file as well. Ends with 1 when a script breaks, and never because something
was slow.
"""

import ast
import json
import re
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict, dataclass
from pathlib import Path

import machine
from rows import Row, table

HERE = Path(__file__).parent


def _is_a_script(path: Path) -> bool:
    """Whether it has the command line of all."""
    return re.search("^from measure import .*command_line", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


SCRIPTS = tuple(sorted(path.stem for path in HERE.glob("*.py") if _is_a_script(path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one script found; `broke` is the end of what it said when it broke.

    `seconds` are by the clock, `cpu` those of the processors, of all processes that were waited for.
    """

    script: str
    title: str
    rows: list[Row]
    seconds: float
    cpu: float
    broke: str | None


def main() -> int:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller and fewer: three minutes of the processors")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=SCRIPTS, metavar="SCRIPT")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here too, as JSON")
    parser.add_argument("--list", action="store_true", help="say what there is, and measure nothing")
    given = parser.parse_args()
    if given.list:
        print("\n".join(f"{script:14} {_title(script)}" for script in given.only))
        return 0
    about = machine.described()
    print(_preface(about, quick=given.quick), flush=True)
    sections = []
    for script in given.only:
        sections.append(_run(script, quick=given.quick))
        print(_section(sections[-1]), flush=True)
    if given.json:
        report = {"quick": given.quick, "machine": about, "sections": [asdict(section) for section in sections]}
        given.json.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(_summary(sections))
    return 1 if any(section.broke for section in sections) else 0


def _title(script: str) -> str:
    """The first line of what a script says of itself."""
    doc = ast.get_docstring(ast.parse((HERE / f"{script}.py").read_text(encoding="utf-8"))) or script
    return doc.splitlines()[0].rstrip(".")


def _run(script: str, *, quick: bool) -> Section:
    """Let a script measure; rows that it told before it broke are kept."""
    command = [sys.executable, str(HERE / f"{script}.py"), "--json", *(["--quick"] if quick else [])]
    began, before = time.perf_counter(), _cpu()
    print(f"{script} …", file=sys.stderr, flush=True)
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    print(done.stderr, end="", file=sys.stderr, flush=True)
    rows = [Row.from_json(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for row in rows:
        if row.ours is None:
            print(f"{script}: {row.name}: {row.note}", file=sys.stderr, flush=True)
    return Section(
        script=script,
        title=_title(script),
        rows=rows,
        seconds=time.perf_counter() - began,
        cpu=_cpu() - before,
        broke="\n".join(done.stderr.splitlines()[-20:]) or f"ended with {done.returncode}" if done.returncode else None,
    )


def _cpu() -> float:
    """The seconds that the processors worked for all that was started so far, and waited for."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _taken(sections: list[Section]) -> str:
    """How long they took; beside other work the time of the processors tells more than the clock."""
    seconds, cpu = (sum(each) for each in zip(*((one.seconds, one.cpu) for one in sections), strict=True))
    return f"{seconds:.0f} s, {cpu:.0f} s of the processors"


def _preface(about: dict[str, object], *, quick: bool) -> str:
    packages, environments = about["packages"], about["peers"]
    assert isinstance(packages, dict)
    assert isinstance(environments, dict)
    return "\n".join(
        [
            f"# Benchmarks, {'quick form, ' if quick else ''}{about['date']}",
            "",
            f"{about['cores']} cores ({about['processor']}), {about['memory_gib']} GiB, {about['system']}, "
            f"load {about['load']} before; Python {about['python']}, commit {about['commit']}.",
            "Medians of turns (A B A B) after one to warm up; in brackets the lowest and the highest. Ratios hold from "
            "machine to machine, times do not.",
            "",
            f"Ours with {', '.join(f'{name} {version}' for name, version in packages.items())}.",
            f"Beside it: {'; '.join(', '.join(pins) for pins in environments.values())}.",
            "",
        ]
    )


def _section(section: Section) -> str:
    lines = [f"## {section.title}", "", table(section.rows), "", f"`{section.script}.py`, {_taken([section])}"]
    if section.broke:
        lines += ["", "**It broke:**", "", "```text", section.broke, "```"]
    return "\n".join([*lines, ""])


def _summary(sections: list[Section]) -> str:
    rows = [row for section in sections for row in section.rows]
    counted = {told: sum(row.met is met and bool(row.goal) for row in rows) for told, met in _JUDGED.items()}
    broken = [section.script for section in sections if section.broke]
    told = ", ".join(f"{count} {name}" for name, count in counted.items())
    return f"{_taken(sections)}. Goals: {told}. " + (f"Broken: {', '.join(broken)}." if broken else "No script broke.")


_JUDGED = {"met": True, "not met": False, "not measured": None}


if __name__ == "__main__":
    sys.exit(main())
