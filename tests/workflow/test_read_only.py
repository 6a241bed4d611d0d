"""The graph where only the folder of the work can be written to, as in a container that is read-only."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

SEALED = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
while read -r _ place _; do
    case $place in "$1" | /proc* | /sys* | /dev/*) ;; *) mount -o remount,bind,ro "$place" ;; esac
done < /proc/mounts
mount -t tmpfs none /dev/shm
cd "$1"
shift
exec "$@"
"""
UNSHARE = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
may_seal = subprocess.run([*UNSHARE, "mount", "--bind", "/", "/"], check=False, capture_output=True)


def sealed(folder, *command, **environment):
    """Run a command that may write to a folder, and to memory, and nowhere else; there is no home folder."""
    passed = {
        name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "TMP", "MPL"))
    }
    done = subprocess.run(
        [*UNSHARE, "bash", "-c", SEALED, "-", folder, sys.executable, *command],
        env=passed | {"HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.skipif(may_seal.returncode != 0, reason="needs leave to mount")
def test_the_graph_is_made_where_nothing_but_the_work_can_be_written_to(workflow, tmp_path):
    made = workflow.folder
    targets = ["results/sample/figures/ppmi.png", "results/sample/rnnlm/tiny.h5"]
    said = sealed(
        tmp_path,
        *["-m", "snakemake", "--snakefile", made / "Snakefile", "--configfile", made / "tiny.yaml"],
        *["--directory", tmp_path, "--cores", "2", *targets],
        XDG_CACHE_HOME=str(tmp_path / ".cache"),
    )
    assert "created a temporary cache" not in said
    for target in targets:
        assert (tmp_path / target).read_bytes() == (made / target).read_bytes()


@pytest.mark.skipif(may_seal.returncode != 0, reason="needs leave to mount")
def test_a_figure_is_drawn_without_a_cache_and_a_folder_for_temporary_files(workflow, tmp_path):
    inputs = [workflow.folder / "data/sample" / name for name in ("ppmi.h5", "corpus.h5")]
    said = sealed(tmp_path, ROOT / "scripts/report/plot_ppmi.py", "--output", tmp_path / "ppmi.png", *inputs)
    assert said == ""
