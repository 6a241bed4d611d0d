"""What fails while HDF5 writes is an ordinary exception, and HDF5 has closed the file when it is raised."""

import io
import signal
import subprocess
import sys

import h5py
import numpy as np
import pytest

from lexloom.storage.artifacts import read_artifact
from lexloom.storage.hdf5_writing import write_hdf5


class Failing(io.BytesIO):
    """A file whose writes do something from the n-th on."""

    def __init__(self, at, failure):
        super().__init__()
        self.at, self.failure, self.writes = at, failure, 0

    def write(self, content):
        self.writes += 1
        if self.at and self.writes >= self.at:
            self.failure()
        return super().write(content)


def fill(file):
    for name in "abcdefgh":
        file.create_dataset(name, data=np.ones((200, 100)), compression="gzip", chunks=(50, 100))


def disk_full():
    raise OSError(28, "No space left on device")


def is_closed():
    return h5py.h5f.get_obj_count(types=h5py.h5f.OBJ_FILE) == 0


def test_each_write_can_fail():
    whole = Failing(0, disk_full)
    write_hdf5(whole, fill, 512)
    assert whole.writes > 30
    for at in range(1, whole.writes + 1):
        with pytest.raises(OSError, match="No space left on device"):
            write_hdf5(Failing(at, disk_full), fill, 512)
        assert is_closed()


def test_the_first_error_is_the_one_that_is_raised():
    def fail():
        raise OSError(28, f"write {file.writes}")

    file = Failing(3, fail)
    with pytest.raises(OSError, match=r"write 3$"):
        write_hdf5(file, fill, 512)


def test_among_thousands_of_datasets_a_write_can_fail():
    def fill(file):
        for number in range(1500):
            file.create_dataset(f"{number}", data=np.ones((3, 4)), compression="gzip")

    with pytest.raises(OSError, match="No space left on device"):
        write_hdf5(Failing(1000, disk_full), fill, 512)
    assert is_closed()


@pytest.mark.parametrize("at", [1, 5, 20, 35])
def test_control_c_waits_for_hdf5(at):
    def press():
        if file.writes == at:
            signal.raise_signal(signal.SIGINT)

    file = Failing(at, press)
    with pytest.raises(KeyboardInterrupt):
        write_hdf5(file, fill, 512)
    assert is_closed()


def test_an_error_of_what_is_written_is_passed_on():
    def fail(file):
        file.create_dataset("a", data=np.array([object()]))

    with pytest.raises(TypeError):
        write_hdf5(io.BytesIO(), fail, 512)
    assert is_closed()


LITTLE_MEMORY = """
import resource, sys
from pathlib import Path
import numpy as np
from lexloom.errors import LexloomError
from lexloom.storage.artifact_writing import write_artifact
ids, turned = np.arange(2_000_000) % 9999, np.ones((500, 900)).T
datasets = {"arrays/ids": ids, "state": ["word " * 100_000], "arrays/turned": turned}
used = 4096 * int(Path("/proc/self/statm").read_text().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[2]), -1))
try:
    write_artifact(sys.argv[1], "checkpoint", datasets)
except LexloomError as error:
    sys.exit(f"error: {error}")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_with_any_memory_an_artifact_is_written_or_refused_in_one_line(tmp_path):
    path = tmp_path / "a.h5"
    ends = []
    for megabytes in (0, 1, 3, 10, 30, 64, 70, 75, 80, 90, 150, 400):
        command = [sys.executable, "-c", LITTLE_MEMORY, path, str(megabytes << 20)]
        process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        ends.append(process.returncode)
        if process.returncode == 0:
            assert len(read_artifact(path, "checkpoint")["state"][0]) == 500_000
            path.unlink()
        else:
            assert process.stderr == f"error: {path}: could not be written: not enough memory\n"
        assert list(tmp_path.iterdir()) == []
    assert set(ends) == {0, 1}
    assert ends == sorted(ends, reverse=True)
