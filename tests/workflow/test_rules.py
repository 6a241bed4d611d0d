"""Every rule has the anatomy that docs/architecture.md gives, on which the reruns depend."""

import re
from pathlib import Path
from textwrap import dedent, indent

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "workflow/rules").glob("*.smk"))

# A rule without a name here is one of many, made by a loop over a table that names them.
BODIES = re.compile(r"^( *)rule ?(\w*):\n((?:(?:\1    .*)?\n)+)", re.M)
RULES = {
    name or file.stem: indent(dedent(body), "    ")
    for file in FILES
    for _, name, body in BODIES.findall(file.read_text())
    if "    shell:" in body
}


def test_all_rules_are_looked_at():
    assert len(RULES) == sum(file.read_text().count("    shell:\n") for file in FILES) > 15


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_every_part(name):
    parts = re.findall(r"^    (\w+):", RULES[name], re.M)
    assert {"input", "output", "log", "benchmark", "threads", "resources", "shell"} <= set(parts)
    assert re.search("mem_mb=|megabytes=", RULES[name])
    assert re.search(r'code\(f?"\w+/[\w.{}]+\.py"\)', RULES[name]), "the script and its modules are inputs"


@pytest.mark.parametrize("name", RULES)
def test_a_shell_command_names_nothing_that_snakemake_does_not_see(name):
    shell = RULES[name].partition("    shell:\n")[2]
    assert not re.search(r'\bf["\']', shell), "an f-string would hide a change, or make one of the device"
    kinds = {"input", "output", "log", "params", "threads", "resources", "wildcards"}
    assert {re.match(r"\w+", field)[0] for field in re.findall(r"\{(.*?)\}", shell)} <= kinds
    assert re.match(r'\s*"({params\.launch} )?python \{input\.script:q\} --log \{log(\[0\])?:q\}', shell)


@pytest.mark.parametrize("name", RULES)
def test_all_that_a_shell_command_takes_is_quoted(name):
    shell = RULES[name].partition("    shell:\n")[2]
    # Options are quoted where they are made; the others are numbers.
    plain = {"params.options", "params.models", "params.launch", "threads", "resources.checkpoint_minutes"}
    for field in set(re.findall(r"\{(.*?)\}", shell)) - plain - {"resources.memory_mb"}:
        assert field.endswith(":q"), field


@pytest.mark.parametrize("name", RULES)
def test_threads_and_device_are_asked_for_and_passed_on(name):
    asks_for_more_than_one = re.search(r"^ +threads: (?!1$)", RULES[name], re.MULTILINE) is not None
    assert ("{threads}" in RULES[name]) == asks_for_more_than_one
    assert ("{resources.device:q}" in RULES[name]) == ("DEVICE" in RULES[name])


@pytest.mark.parametrize("name", [name for name in RULES if "checkpoint_minutes" in RULES[name]])
def test_a_training_keeps_its_end_until_the_run_has_ended(name):
    assert " --keep-finished " in RULES[name]


def test_vectors_to_continue_from_are_known_by_their_checksum():
    (rule,) = (rule for rule in RULES.values() if "word_vectors.start(" in rule)
    assert (
        "start=lambda wildcards: word_vectors.start_sha256(wildcards.vectors)" in rule.partition("params:")[2]
    )


@pytest.mark.parametrize(
    "profile", sorted((ROOT / "workflow/profiles").iterdir()), ids=lambda path: path.name
)
def test_what_a_killed_run_left_is_made_again_with_any_profile(profile):
    assert yaml.safe_load((profile / "config.yaml").read_text())["rerun-incomplete"] is True
