"""Of several programs on one output, one works; where it died, the next takes over."""

import multiprocessing
import os
import re
import signal
import threading
import time
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import LexloomError
from lexloom.storage import atomic_files, output_locks, signatures
from lexloom.storage.atomic_files import write_lines
from lexloom.storage.output_locks import locked

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """Let a minute pass in a second."""
    monkeypatch.setattr(output_locks, "LOOK", output_locks.LOOK / 60)
    monkeypatch.setattr(output_locks, "BEAT", output_locks.BEAT / 60)


@pytest.fixture
def another_host(monkeypatch):
    """A function that takes this process, and those that it starts, to another computer."""

    def move(name):
        monkeypatch.setattr(output_locks, "this_computer", lambda: name)

    return move


def hold(output, pipe):
    """Hold a lock until told to stop."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # other tests of this process may have set it
    with locked(output):
        pipe.send("held")
        pipe.poll(60)


@contextmanager
def holder(output):
    """Another process that holds the lock of an output."""
    ours, theirs = FORK.Pipe()
    process = FORK.Process(target=hold, args=(output, theirs))
    process.start()
    assert ours.recv() == "held"
    try:
        yield process
    finally:
        ours.send("stop")
        process.join(60)


def kill(process):
    process.kill()
    process.join(60)


def locks(folder):
    return [path for path in folder.iterdir() if path.suffix == ".lock"]


def test_while_a_program_lives_another_is_refused_with_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    signatures._signature.cache_clear()
    output = tmp_path / "new" / "a.h5"
    with holder(output) as process:
        when = r"\d{4}-\d\d-\d\d \d\d:\d\d"
        words = rf"a\.h5: being written by process {process.pid} on \S+ \(job 17\), since {when};"
        with pytest.raises(LexloomError, match=words), locked(output):
            pass
        with locked(tmp_path / "new" / "b.h5"):  # another output is free
            pass
    with locked(output):
        assert len(locks(output.parent)) == 1
    assert locks(output.parent) == []


@pytest.mark.parametrize("error", [LexloomError("a mistake"), KeyboardInterrupt(), SystemExit(1)])
def test_an_error_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error)), locked(tmp_path / "a.h5", tmp_path / "b.h5"):
        raise error
    assert os.listdir(tmp_path) == []


def test_all_locks_or_none_are_held(tmp_path):
    with holder(tmp_path / "b.h5"):
        with (
            pytest.raises(LexloomError, match=r"b\.h5: being written"),
            locked(tmp_path / "a.h5", tmp_path / "b.h5"),
        ):
            pass
        assert len(locks(tmp_path)) == 1


def test_who_is_killed_is_followed_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(output_locks, "LOOK", None)  # no time to wait
    with holder(tmp_path / "a.h5") as process:
        kill(process)
        with locked(tmp_path / "a.h5"):
            pass
    assert locks(tmp_path) == []


def test_who_lives_on_another_host_is_seen_to_live(tmp_path, another_host):
    another_host(b"node7\n")
    with holder(tmp_path / "a.h5"):
        another_host(b"here\n")
        with pytest.raises(LexloomError, match="being written"), locked(tmp_path / "a.h5"):
            pass


def test_who_died_on_another_host_is_followed_after_a_time_of_silence(tmp_path, another_host):
    another_host(b"node7\n")
    with holder(tmp_path / "a.h5") as process:
        kill(process)
        another_host(b"here\n")
        began = time.monotonic()
        with locked(tmp_path / "a.h5"):
            assert time.monotonic() - began >= output_locks.SILENCE * output_locks.LOOK
    assert locks(tmp_path) == []


def test_who_is_stopped_until_another_took_over_ends_itself(tmp_path, another_host):
    another_host(b"node7\n")
    with holder(tmp_path / "a.h5") as process:
        os.kill(process.pid, signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)  # until it is stopped
        another_host(b"here\n")
        with locked(tmp_path / "a.h5"):
            os.kill(process.pid, signal.SIGCONT)
            process.join(60)
            assert process.exitcode == -signal.SIGTERM
            assert len(locks(tmp_path)) == 1


@pytest.mark.parametrize("content", [b"", b"\xff\0\x1b[31m"])
def test_a_lock_that_tells_nothing_is_of_an_unknown_program_that_died(tmp_path, content):
    """As when it was killed between making the file and writing it."""
    with locked(tmp_path / "a.h5"):
        (lock,) = locks(tmp_path)
    lock.write_bytes(content)
    with locked(tmp_path / "a.h5"):
        pass
    assert locks(tmp_path) == []


def test_the_end_of_a_program_within_the_patience_is_waited_for(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(output_locks, "PATIENCE", 6000)
    caplog.set_level("INFO")
    with holder(tmp_path / "a.h5") as process:
        threading.Timer(0.2, process.terminate).start()
        with locked(tmp_path / "a.h5"):
            pass
    (line,) = [record.getMessage() for record in caplog.records]
    assert re.search(rf"a\.h5: waiting for process {process.pid} on .*, which writes it$", line)


def test_what_this_process_has_locked_stays_locked(tmp_path):
    with locked(tmp_path / "a.h5"):
        with locked(tmp_path / "a.h5", tmp_path / "b.h5"):
            assert len(locks(tmp_path)) == 2
        assert len(locks(tmp_path)) == 1
    assert locks(tmp_path) == []


def test_a_child_that_leaves_the_block_leaves_the_lock(tmp_path):
    with locked(tmp_path / "a.h5"):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            assert len(locks(tmp_path)) == 1
    if not child:
        os._exit(0)
    assert locks(tmp_path) == []


@pytest.mark.parametrize("way", ["a.txt", "link.txt", "folder-link/a.txt", "../{folder}/a.txt"])
def test_whatever_way_leads_to_an_output_it_is_one(tmp_path, way):
    (tmp_path / "link.txt").symlink_to("a.txt")
    (tmp_path / "folder-link").symlink_to(tmp_path)
    way = tmp_path / way.format(folder=tmp_path.name)
    with holder(tmp_path / "a.txt"), pytest.raises(LexloomError, match="being written"), locked(way):
        pass


def test_a_name_of_any_length_can_be_locked(tmp_path):
    with locked(tmp_path / ("a" * 255)):
        assert len(locks(tmp_path)) == 1


def test_an_output_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / "file").touch()
    for path, why in (("file/a.txt", "could not be written: Not a directory"), (".", "not a file")):
        with pytest.raises(LexloomError, match=why), locked(tmp_path / path):
            pass


def test_no_locks_of_the_file_system_are_needed(tmp_path, monkeypatch):
    def no_locks(file, operation):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(atomic_files.fcntl, "flock", no_locks)
    with (
        holder(tmp_path / "a.h5"),
        pytest.raises(LexloomError, match="being written"),
        locked(tmp_path / "a.h5"),
    ):
        pass


@pytest.mark.parametrize("variable", output_locks._RANKS)
def test_of_the_ranks_of_an_mpi_program_the_first_one_locks(tmp_path, monkeypatch, variable):
    with holder(tmp_path / "a.h5"):
        monkeypatch.setenv(variable, "3")
        with locked(tmp_path / "a.h5"):
            pass
        monkeypatch.setenv(variable, "0")
        with pytest.raises(LexloomError, match="being written"), locked(tmp_path / "a.h5"):
            pass


def compete(folder, kills, computer):
    """Write a line while alone, or die while alone; a moment passes between each look and what follows."""
    look = output_locks._found
    output_locks._found = lambda lock: (look(lock), time.sleep(0.01))[0]
    output_locks.this_computer = lambda: computer
    with locked(folder / "a.txt"):
        if kills:
            os.kill(os.getpid(), signal.SIGKILL)
        (folder / "alone").mkdir()  # fails where another is there
        lines = (folder / "a.txt").read_text().splitlines()
        time.sleep(0.01)
        write_lines(folder / "a.txt", [*lines, "done"])
        (folder / "alone").rmdir()


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([b"here\n", b"node7\n"])), min_size=2, max_size=6))
@settings(max_examples=10)
def test_of_any_number_at_once_one_is_alone_though_some_die(tmp_path_factory, programs):
    folder = tmp_path_factory.mktemp("race")
    (folder / "a.txt").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output_locks, "PATIENCE", 6000)
        processes = [FORK.Process(target=compete, args=(folder, *program)) for program in programs]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
    assert [process.exitcode for process in processes] == [-signal.SIGKILL * kills for kills, _ in programs]
    assert (folder / "a.txt").read_text() == "done\n" * sum(not kills for kills, _ in programs)
