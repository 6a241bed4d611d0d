"""A text counted in shards and added up gives the bytes of one job; wrong shards are refused."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import run_script, succeed

from lexloom.errors import LexloomError
from lexloom.settings.counts import Weighting
from lexloom.storage.artifact_writing import write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.storage.scratch import stacked
from lexloom.vectors.cooccurrence import add_shards, count_cooccurrences, shard_runs

IDS = np.random.default_rng(1).zipf(1.3, 20000).clip(max=501).astype(np.int32)


def write_corpus(path, ids):
    counts = np.bincount(ids, minlength=502)
    words = [str(word) for word in range(502)]
    write_artifact(path, "corpus", {"train": ids, "words": words, "counts": counts})


def count_in_shards(folder, shards, options=(), memory_mb=1000):
    """Return the files of the shards, and of what they add up to."""
    counting = [*options, "--memory-mb", memory_mb]
    files = [folder / f"{shard}-of-{shards}.h5" for shard in range(1, shards + 1)]
    for shard, file in enumerate(files, start=1):
        number = ["--shard", shard, "--shards", shards]
        succeed("count_shard", *counting, *number, "--output", file, folder / "corpus.h5")
    return files


@pytest.fixture
def folder(tmp_path):
    write_corpus(tmp_path / "corpus.h5", IDS)
    return tmp_path


@given(
    ids=st.lists(st.integers(0, 6), min_size=2, max_size=40).map(lambda ids: np.array(ids, np.int32)),
    window=st.integers(1, 12),
    weighting=st.sampled_from(get_args(Weighting)),
    subsample=st.sampled_from([0, 0.1]),
    shards=st.integers(1, 9),
)
def test_each_pair_is_counted_in_one_shard(ids, window, weighting, subsample, shards):
    sums = [stacked(shard_runs(ids, 7, window, weighting, k, shards)) for k in range(1, shards + 1)]
    rows = [lambda rows, part=part: part[rows] for part in sums]
    lengths = sum(np.diff(part.indptr) for part in sums)
    occurrences = np.bincount(ids, minlength=7)
    counts = stacked(add_shards(rows, lengths, occurrences, window, weighting, subsample))
    expected = count_cooccurrences(ids, 7, window, weighting, subsample)
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(counts, part), getattr(expected, part), strict=True)


@pytest.mark.parametrize(("options", "memory_mb"), [([], 1000), (["--weighting", "distance"], 1)])
def test_any_number_of_shards_gives_the_bytes_of_one_job(folder, options, memory_mb):
    both = [*options, "--window", 8]
    output = folder / "counts.h5"
    succeed("count_cooccurrences", *both, "--subsample", 0.01, "--output", output, folder / "corpus.h5")
    expected = output.read_bytes()
    for shards in (1, 2, 3, 7):
        files = count_in_shards(folder, shards, both, memory_mb)
        adding = ["--subsample", 0.01, "--memory-mb", memory_mb, "--output", output, "--shards", *files]
        output.unlink()
        succeed("count_cooccurrences", *both, *adding, "--", folder / "corpus.h5")
        assert output.read_bytes() == expected


def test_shards_that_do_not_fit_into_memory_are_added_up_a_few_rows_at_a_time(folder):
    files, read = count_in_shards(folder, 3), []
    shards = [read_artifact(file, "shard", [], in_parts=["sums"])["sums"] for file in files]
    rows = [lambda rows, shard=shard: read.append(rows) or shard(rows) for shard in shards]
    lengths = sum(shard.lengths for shard in shards)
    runs = list(add_shards(rows, lengths, np.bincount(IDS, minlength=502), 5, "flat", 0, memory_mb=1))
    assert len(runs) > 1
    assert sum(run.shape[0] for run in runs) == 502
    for run in read:
        assert 60 * lengths[run].sum() <= 10**6 or run.stop == run.start + 1


@pytest.mark.parametrize("wrong", ["missing", "disordered", "other window", "other corpus"])
def test_shards_that_are_not_all_of_the_corpus_are_refused(folder, wrong):
    files = count_in_shards(folder, 2, ["--window", 3])
    asked = ["--window", 4 if wrong == "other window" else 3]
    if wrong == "missing":
        files.pop()
    elif wrong == "disordered":
        files.reverse()
    elif wrong == "other corpus":
        write_corpus(folder / "corpus.h5", IDS[1:])
    output = ["--output", folder / "counts.h5"]
    refused = run_script(
        "count_cooccurrences", *asked, *output, "--shards", *files, "--", folder / "corpus.h5"
    )
    assert refused.returncode == 1
    message = "not counted in" if wrong == "other corpus" else "expected {'window': "
    assert f"{files[0]}: " in refused.stderr
    assert message in refused.stderr
    assert not (folder / "counts.h5").exists()


@pytest.mark.parametrize("shard", [0, 4])
def test_a_shard_that_there_is_not_is_refused(shard):
    with pytest.raises(LexloomError, match=f"shard: {shard} of 3; expected a number from 1 to 3"):
        shard_runs(IDS, 502, 2, "flat", shard, 3)
