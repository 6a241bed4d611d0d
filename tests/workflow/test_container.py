"""Jobs in the image of the Snakefile, by a stand-in for Apptainer that runs them where it is."""

from conftest import ROOT, new_workflow

APPTAINER = """#!/bin/sh
case $* in *--version*) echo apptainer version 1.3.0; exit ;; esac
echo "$PYTHONPATH $*" > called
for command; do :; done
exec bash -c "$command"
"""


def test_a_job_runs_in_the_image_with_the_code_of_the_clone(tmp_path, monkeypatch):
    workflow = new_workflow(tmp_path / "clone")
    program = tmp_path / "bin/apptainer"
    program.parent.mkdir()
    program.write_text(APPTAINER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    running = workflow.start("data/sample/train.txt", "--software-deployment-method", "apptainer")
    said, _ = running.communicate()
    assert running.returncode == 0, said
    called = (workflow.folder / "called").read_text()
    assert called.startswith(f"{workflow.folder / 'src'} ")
    assert " lexloom.sif bash -c " in called
    assert (workflow.folder / "data/sample/train.txt").is_file()


def test_the_image_has_what_the_rules_read_and_nothing_that_was_made():
    """What `.dockerignore` leaves out does not come into the image."""
    names = (ROOT / ".dockerignore").read_text().split()
    kept = {name.removeprefix("!") for name in names if name.startswith("!")}
    assert names[0] == "*"
    assert kept >= {"Snakefile", "config", "profiles", "pyproject.toml", "scripts", "src", "workflow"}
    assert all((ROOT / name).exists() for name in kept)
