"""Files of other repositories that a project includes: by the lock file, at a commit, and nothing on its own."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.language.outside import Outside
from fused_spec.spec.model import Resolution
from fused_spec.spec.project.git_lock import write_locks
from fused_spec.spec.resolve import resolve, survey
from fused_spec.spec.sight import offline
from fused_spec.spec.udfs.git_sources import GitSources
from fused_spec.udfs.gitrefs import Repositories
from tests.repositories import commit_files, in_git
from tests.unit.spec.language.projects import SmallProject, job, parameters

VERSION = "apiVersion: fused-spec/v1\n"
B_OF_TEAM = '{b: "${var.b}"}'
TEAM = f"{VERSION}variables:\n  b: {{type: number, default: 7}}\n"
ALONE = "a file of another repository includes files of that repository alone"


class Team:
    """A project beside a repository that it includes files of, as `file://` or by the clone of a URL."""

    def __init__(self, folder: Path) -> None:
        self.repository = folder / "team"
        self.project = SmallProject(folder / "project")
        self.project.folder.mkdir()
        self.url = f"file://{self.repository}"
        self.commit = ""

    def say(self, files: Mapping[str, str], *names: str, more: str = "", spec: str | None = None) -> "Team":
        """Commit files to the repository, and include those of these names at `main`."""
        self.commit = commit_files(self.repository, files)
        included = ", ".join(f'"git+{self.url}@main:{name}"' for name in names)
        self.project.specs(f"include: [{included}]\n{more}", a__yaml=spec or job(parameters=B_OF_TEAM))
        return self

    def lock(self, upgrade: bool = False) -> Resolution:
        """What `lock` does: read with a network, and keep the commits."""
        folder = self.project.folder

        def fetching(project: object, locks: Mapping[tuple[str, str], str]) -> GitSources:
            repositories = Repositories(cache=folder / ".fused-spec/git")
            kept = {} if upgrade else locks
            sources.append(GitSources(repositories=repositories, locks=kept, lock=repositories.commit))
            return sources[0]

        sources: list[GitSources] = []
        found = resolve(["specs"], cwd=folder, git=fetching)
        write_locks(folder, sources[0].used)
        return found

    def locked(self) -> "Team":
        self.lock()
        return self

    def at(self, commit: str, place: str) -> str:
        return f"{self.url}@{commit[:12]}:{place}"

    def problem(self) -> Diagnostic:
        return self.project.problem()


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def test_a_file_of_another_repository_says_what_it_says_here(team: Team) -> None:
    team.say({"shared/team.yaml": TEAM}, "shared/team.yaml").locked()
    assert parameters(team.project.desired()["tiles"])["b"] == 7


def test_the_project_file_goes_before_it(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml", more="variables: {b: {type: number, default: 1}}\n").locked()
    assert parameters(team.project.desired()["tiles"])["b"] == 1


def test_without_a_lock_nothing_is_fetched_and_the_next_step_is_told(team: Team) -> None:
    problem = team.say({"team.yaml": TEAM}, "team.yaml").problem()
    assert (problem.code, str(problem.location)) == ("git-include", "fused-spec.yaml:3:11")
    assert problem.message == f"{team.url} main is not in fused-spec.lock"
    assert problem.hint == "run `fused-spec lock` on these specs, and keep fused-spec.lock in git"
    assert not (team.project.folder / ".fused-spec").exists()


def test_a_commit_that_is_locked_and_not_here_is_told(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml")
    write_locks(team.project.folder, {(team.url, "main"): team.commit})
    assert team.problem().message == f"the cache has no commit {team.commit[:12]} of {team.url}"


def test_a_branch_that_moved_counts_as_it_was_locked(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml").locked()
    commit_files(team.repository, {"team.yaml": TEAM.replace("7", "8")})
    assert parameters(team.project.desired()["tiles"])["b"] == 7


def test_an_upgrade_takes_the_branch_as_it_is_now(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml").locked()
    commit_files(team.repository, {"team.yaml": TEAM.replace("7", "8")})
    team.lock(upgrade=True)
    assert parameters(team.project.desired()["tiles"])["b"] == 8


def test_a_whole_commit_needs_no_lock(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml").locked()
    team.project.specs(f'include: ["git+{team.url}@{team.commit}:team.yaml"]\n', a__yaml=job(parameters=B_OF_TEAM))
    (team.project.folder / "fused-spec.lock").unlink()
    assert parameters(team.project.desired()["tiles"])["b"] == 7


def test_a_declared_clone_is_read_where_it_is(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml")
    web = "https://github.com/geo/team"
    team.project.specs(
        f"clones: {{{web}: ../team}}\ninclude: ['{web}/blob/{team.commit}/team.yaml']\n",
        a__yaml=job(parameters=B_OF_TEAM),
    )
    assert parameters(team.project.desired()["tiles"])["b"] == 7


def test_what_is_wrong_in_it_is_told_at_its_place_there(team: Team) -> None:
    team.say({"team.yaml": f"{TEAM}defaults:\n  Job: {{spec: {{disk_size_gb: many}}}}\n"}, "team.yaml").locked()
    assert str(team.problem().location) == team.at(team.commit, "team.yaml:5:30")


def test_a_value_that_it_gives_leads_there(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml", spec=job(spec="region: ${var.b}")).locked()
    assert f"it is var.b ({team.at(team.commit, 'team.yaml:3:30')})" in team.problem().message


def test_it_includes_files_beside_it_in_its_own_repository(team: Team) -> None:
    files = {"a/team.yaml": f"{VERSION}include: [../b/more.yaml]\n", "b/more.yaml": TEAM}
    team.say(files, "a/team.yaml").locked()
    assert parameters(team.project.desired()["tiles"])["b"] == 7


@pytest.mark.parametrize(
    ("included", "code", "message"),
    [
        ("../../up.yaml", "outside-project", "../../up.yaml leaves the repository URL"),
        ("/etc/up.yaml", "outside-project", "/etc/up.yaml leaves the repository URL"),
        ("maor.yaml", "no-such-file", "shared/maor.yaml is no file in commit COMMIT of URL"),
        ("git+URL@main:more.yaml", "git-include", ALONE),
        ("https://example.com/a.yaml", "git-include", ALONE),
        ("team.yaml", "include-loop", "these files include each other: fused-spec.yaml:3 → AT:2 → AT"),
    ],
)
def test_what_it_includes_stays_within_its_repository(team: Team, included: str, code: str, message: str) -> None:
    said = f"{VERSION}include: ['{included.replace('URL', team.url)}']\n"
    team.say({"shared/team.yaml": said, "shared/more.yaml": TEAM}, "shared/team.yaml", spec=job()).locked()
    at = team.at(team.commit, "shared/team.yaml")
    wanted = message.replace("AT", at).replace("URL", team.url).replace("COMMIT", team.commit[:12])
    problem = team.problem()
    assert (problem.code, problem.message, str(problem.location)) == (code, wanted, f"{at}:2:11")


def test_a_file_that_is_not_there_is_told_with_what_is(team: Team) -> None:
    team.say({"shared/team.yaml": TEAM}, "shared/taem.yaml").locked()
    problem = team.problem()
    assert (problem.code, problem.hint) == ("no-such-file", 'did you mean "shared/team.yaml"?')
    assert str(problem.location) == "fused-spec.yaml:3:11"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("git+https://example.com/geo/team@v1", "this names a repository, and no file in it"),
        ("git+https://example.com/geo/team@v1:../team.yaml", "this names a repository, and no file in it"),
        ("https://example.com/team.yaml", "this is no reference to a file in git"),
        ("git+https://example.com/geo/team", "this is no reference to a file in git"),
        ("git+https://example.com/geo/team@v1..v2:team.yaml", '"v1..v2" is no name in git'),
    ],
)
def test_a_reference_that_nobody_can_follow_is_told(project: SmallProject, reference: str, message: str) -> None:
    problem = project.specs(f'include: ["{reference}"]\n', a__yaml=job()).problem()
    assert (problem.code, problem.message) == ("git-include", message)


@pytest.mark.parametrize(
    "reference",
    [
        "git+https://geo:hunter22@example.com/geo/team@v1:team.yaml",
        "https://geo:hunter22@github.com/geo/team/blob/v1/team.yaml",
        "git+https://ghp_hunter22hunter22hunter22hunter22hu22@example.com/geo/team@v1:team.yaml",
    ],
)
def test_a_password_in_a_reference_is_told_and_not_shown(project: SmallProject, reference: str) -> None:
    problems = project.specs(f'include: ["{reference}"]\n', a__yaml=job()).problems()
    assert {one.code for one in problems} <= {"secret", "git-include"}
    assert problems
    assert not any("hunter22" in str(one) for one in problems)


def test_a_repository_that_is_gone_is_told_by_lock(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml")
    team.repository.rename(team.repository.parent / "elsewhere")
    [problem] = team.lock().diagnostics
    assert problem.code == "git-include"
    assert problem.message.startswith(f"{team.url} cannot be fetched: ")


def test_a_branch_that_is_gone_is_told_by_lock(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml")
    in_git(team.repository, "branch", "--move", "trunk")
    [problem] = team.lock().diagnostics
    assert problem.message == f"{team.url} has no commit, branch or tag main"


def test_a_commit_that_its_repository_forgot_is_told_by_lock(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml")
    write_locks(team.project.folder, {(team.url, "main"): "5" * 40})
    [problem] = team.lock().diagnostics
    assert problem.code == "git-include"
    assert "5" * 40 in problem.message


def test_what_nobody_could_read_is_not_told_as_undeclared(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml")
    assert [one.code for one in team.project.problems()] == ["git-include"]


SEALED = "targets: {prod: {base_url: https://prod.example.com, sealed: true}}\n"


def test_a_sealed_target_takes_what_is_locked(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml", more=SEALED).locked()
    assert parameters(team.project.desired("prod")["tiles"])["b"] == 7


def test_at_a_sealed_target_an_included_default_reads_no_environment(team: Team) -> None:
    said = f"{VERSION}variables:\n  b: {{type: string, default: '${{env.HOME}}'}}\n"
    team.say({"team.yaml": said}, "team.yaml", more=SEALED).locked()
    outside = Outside((), (), {"HOME": "/root"})
    found = resolve(["specs"], target=lambda _: "prod", cwd=team.project.folder, outside=outside)
    [problem] = found.diagnostics
    assert (problem.code, str(problem.location)) == ("sealed-target", team.at(team.commit, "team.yaml:3:30"))


@pytest.mark.parametrize("said", ["{file: ../key}", "{file: /run/secrets/db}", "{command: [cat, key]}"])
def test_no_file_of_another_repository_reads_from_this_machine(team: Team, said: str) -> None:
    team.say(
        {"team.yaml": f"{VERSION}secrets: {{DB: {{from: {said}}}}}\n"},
        "team.yaml",
        spec=job(spec="env: {DB: '${secret.DB}'}"),
    ).locked()
    problem = team.problem()
    assert (problem.code, problem.location.path) == ("foreign-source", team.at(team.commit, "team.yaml"))


def test_the_environment_may_give_its_secrets(team: Team) -> None:
    said = f"{VERSION}secrets: {{DB: {{from: {{env: DB}}}}}}\n"
    team.say({"team.yaml": said}, "team.yaml", spec=job(spec="env: {DB: '${secret.DB}'}")).locked()
    assert team.project.problems() == []


def test_one_file_that_is_named_twice_counts_once(team: Team) -> None:
    files = {"a.yaml": f"{VERSION}include: [team.yaml]\n", "team.yaml": TEAM}
    team.say(files, "a.yaml", "team.yaml").locked()
    assert team.project.problems() == []


def test_two_of_its_files_that_declare_one_name_are_told_with_both_places(team: Team) -> None:
    team.say({"a.yaml": TEAM, "b.yaml": TEAM}, "a.yaml", "b.yaml").locked()
    places = [team.at(team.commit, f"{name}.yaml:3:3") for name in "ab"]
    assert team.problem().message == f'variable "b" is declared at {places[0]} and {places[1]}'


def test_a_link_in_a_repository_is_no_file(team: Team) -> None:
    team.repository.mkdir()
    (team.repository / "link.yaml").symlink_to("/etc/hostname")
    team.say({"team.yaml": TEAM}, "link.yaml").locked()
    assert team.problem().code == "no-such-file"


def test_a_policy_of_another_repository_holds_and_stands_there(team: Team) -> None:
    policy = f"{VERSION}policies:\n  - {{name: small, on: Job, deny: 'true', message: too large}}\n"
    team.say({"team.yaml": policy}, "team.yaml", spec=job()).locked()
    assert [one.code for one in team.project.problems()] == ["policy-denied"]


def test_a_survey_reads_it_as_offline_as_everything_else(team: Team) -> None:
    team.say({"team.yaml": TEAM}, "team.yaml").locked()
    team.repository.rename(team.repository.parent / "elsewhere")
    assert survey(["specs"], cwd=team.project.folder, git=offline).diagnostics == ()
