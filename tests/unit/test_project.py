"""What is said of the project is the same in each place, and what runs elsewhere is what runs here."""

import re
import tomllib
from pathlib import Path

import yaml

import lexloom

ROOT = Path(__file__).parents[2]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def project():
    return tomllib.loads(read("pyproject.toml"))["project"]


def test_the_version_is_the_same_everywhere():
    cited = yaml.safe_load(read("CITATION.cff"))
    newest = re.search(r"^## (\S+?),? ", read("CHANGELOG.md"), re.M)[1]
    assert {project()["version"], cited["version"], newest} == {lexloom.__version__}
    assert cited["license"] == project()["license"]


def test_continuous_integration_runs_what_decides_here():
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    steps = [step.get("run") for job in jobs.values() for step in job["steps"]]
    assert steps[-1] == ".ci/run"


def test_a_commit_is_checked_as_by_make_lint():
    repos = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    hooks = [hook for repo in repos for hook in repo["hooks"]]
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", read("Makefile"), re.M)[1]
    commands = [re.sub(r" (\.|Snakefile workflow)$", "", line.strip()) for line in recipe.splitlines()]
    assert sorted(hook["entry"] for hook in hooks) == sorted(commands)


def test_a_report_asks_for_the_command_the_answer_and_the_versions():
    form = yaml.safe_load(read(".github/ISSUE_TEMPLATE/bug.yml"))
    required = {part["id"] for part in form["body"] if part.get("validations", {}).get("required")}
    assert {"command", "answer", "versions"} <= required
