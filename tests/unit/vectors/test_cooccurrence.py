"""Counts equal a naive reading of their definition."""

import math
import resource
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

from lexloom.corpus.subsampling import keep_probabilities
from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.kernels.cpu.counting import Cpu
from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.reference.counting import Reference
from lexloom.settings.counts import Weighting
from lexloom.storage.artifact_writing import write_artifact
from lexloom.vectors.cooccurrence import add_shards, count_cooccurrences

WEIGHTINGS = get_args(Weighting)

cpu = Cpu()
reference = Reference()

V = 7
streams = st.lists(st.integers(0, V - 1), min_size=2, max_size=60).map(lambda ids: np.array(ids, np.int32))
windows = st.integers(1, 12)


@pytest.fixture(autouse=True)
def _one_thread_afterwards():
    yield
    thread_pool.set_threads(1)


def naive_counts(ids, window, weight):
    """Walk over all pairs of positions, as the book does."""
    counts = np.zeros((V, V), object)
    for here, word in enumerate(ids):
        for there, other in enumerate(ids):
            if 1 <= abs(here - there) <= window:
                counts[word, other] += weight(abs(here - there))
    return counts


@given(ids=streams, window=windows)
def test_flat_counts_are_exact(ids, window):
    counts = count_cooccurrences(ids, V, window)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts.toarray(), naive_counts(ids, window, lambda distance: 1).astype(int))


@given(ids=streams, window=windows)
def test_distance_weighting_counts_a_pair_by_its_nearness(ids, window):
    counts = count_cooccurrences(ids, V, window, "distance").toarray()
    exact = naive_counts(ids, window, lambda distance: Fraction(1, distance))
    np.testing.assert_array_equal(counts, exact.astype(float))


@given(ids=streams, window=windows)
def test_dynamic_weighting_counts_the_share_of_window_sizes_that_reach_a_pair(ids, window):
    counts = count_cooccurrences(ids, V, window, "dynamic").toarray()
    sizes = [naive_counts(ids, size, lambda distance: Fraction(1)) for size in range(1, window + 1)]
    np.testing.assert_array_equal(counts, (sum(sizes) / Fraction(window)).astype(float))


@given(ids=streams, window=windows, weighting=st.sampled_from(WEIGHTINGS), threshold=st.floats(0.001, 1))
def test_subsampling_counts_the_probability_that_both_words_stay(ids, window, weighting, threshold):
    keep = keep_probabilities(np.bincount(ids, minlength=V), threshold)
    counts = count_cooccurrences(ids, V, window, weighting, threshold).toarray()
    in_full = count_cooccurrences(ids, V, window, weighting).toarray()
    np.testing.assert_array_equal(counts, in_full * np.outer(keep, keep))
    np.testing.assert_array_equal(counts, counts.T)


def test_subsampling_is_the_mean_of_texts_with_gaps():
    rng = np.random.default_rng(1)
    ids = rng.zipf(1.5, 60).clip(max=V) - 1
    keep = keep_probabilities(np.bincount(ids, minlength=V), 0.05)
    drawn = []
    for _ in range(400):
        stays = rng.random(len(ids)) < keep[ids]
        with_gaps = np.where(stays, ids, V)
        drawn.append(count_cooccurrences(with_gaps, V + 1, 4).toarray()[:V, :V])
    error = np.std(drawn, axis=0) / np.sqrt(len(drawn))
    expected = count_cooccurrences(ids, V, 4, subsample=0.05).toarray()
    assert (np.abs(np.mean(drawn, axis=0) - expected) <= 5 * error).all()


def test_a_distance_beyond_those_counted_exactly_is_near():
    ids = np.arange(60, dtype=np.int32)
    counts = count_cooccurrences(ids, 60, 59, "distance").toarray()
    apart = np.abs(ids - ids[:, None])
    np.testing.assert_allclose(counts[apart > 0], 1 / apart[apart > 0], atol=1 / math.lcm(*range(1, 21)))


@given(data=st.data(), size=st.sampled_from([V, 5000, 2**16 + 1]))
def test_the_counting_kernel_equals_its_reference_to_the_bit(data, size):
    places = np.unique(np.linspace(0, size - 1, V).astype(np.int32))
    ids = data.draw(streams)
    weights = np.array(data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=len(ids) - 1)))
    begin, end = sorted((data.draw(st.integers(0, len(ids))), data.draw(st.integers(0, len(ids)))))
    rows, seen = slice(None), slice(begin, end)
    cells, columns, starts = reference.count_cooccurrences(ids, V, weights, rows, seen)
    first, last = sorted((data.draw(st.integers(0, size)), data.draw(st.integers(0, size))))
    expected = sparse.coo_array(
        (cells, (places[np.repeat(np.arange(V), np.diff(starts))], places[columns])), (size, size)
    ).tocsr()[first:last]
    ours = cpu.count_cooccurrences(places[ids], size, weights, slice(first, last), seen)
    for one, other in zip(ours, (expected.data, expected.indices, expected.indptr), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_row_with_every_column():
    size = 300
    ids = np.array([column for word in range(size) for column in (0, word)], np.int32)
    ours = cpu.count_cooccurrences(ids, size, np.ones(3, np.int64))
    for one, other in zip(ours, reference.count_cooccurrences(ids, size, np.ones(3, np.int64)), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("subsample", [0, 0.01])
def test_counts_have_the_same_bits_on_threads(weighting, subsample):
    ids = np.random.default_rng(1).zipf(1.3, 20000).clip(max=500).astype(np.int32)
    results = []
    for threads in (1, 2):
        get_backend(threads=threads)
        results.append(count_cooccurrences(ids, 501, 5, weighting, subsample))
    one, two = results
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(one, part), getattr(two, part))


@pytest.mark.parametrize(("weighting", "subsample"), [("flat", 0), ("flat", 0.01), ("dynamic", 0.01)])
@pytest.mark.parametrize("length", [20_000, 70_000])
def test_counting_in_little_memory_gives_the_same_file(tmp_path, weighting, subsample, length):
    """With one megabyte, the longer text is counted in three pieces, which are added up."""
    ids = np.random.default_rng(1).zipf(1.3, length).clip(max=500).astype(np.int32)
    corpus = {"train": ids, "words": [str(word) for word in range(502)]}
    write_artifact(tmp_path / "corpus.h5", "corpus", corpus)
    script = Path(__file__).parents[3] / "scripts/vectors/count_cooccurrences.py"
    for memory_mb in (1, 1000):
        options = {"weighting": weighting, "subsample": subsample, "memory-mb": memory_mb}
        command = [sys.executable, script, *(f"--{name}={value}" for name, value in options.items())]
        output = tmp_path / str(memory_mb) / "counts.h5"
        subprocess.run([*command, "--output", output, tmp_path / "corpus.h5"], check=True)
        assert list(output.parent.iterdir()) == [output]
    assert (tmp_path / "1/counts.h5").read_bytes() == (tmp_path / "1000/counts.h5").read_bytes()


def test_a_full_disk_while_counting_names_the_folder(tmp_path):
    ids = np.random.default_rng(1).integers(0, 501, 20000).astype(np.int32)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(LexloomError, match=f"a temporary file in {tmp_path}: could not be written: "):
            count_cooccurrences(ids, 501, 5, memory_mb=1, folder=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("memory_mb", [1, 1000])
def test_what_does_not_fit_into_memory_goes_to_the_folder(tmp_path, memory_mb, monkeypatch):
    made, make = [], tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda dir: made.append(dir) or make(dir=dir))
    rows, count = [], cpu.count_cooccurrences
    monkeypatch.setattr(Cpu, "count_cooccurrences", lambda self, *args: rows.append(args[3]) or count(*args))
    ids = np.random.default_rng(1).zipf(1.3, 20000).clip(max=500).astype(np.int32)
    counts = count_cooccurrences(ids, 501, 5, memory_mb=memory_mb, folder=tmp_path)
    assert counts.sum() == 2 * sum(len(ids) - distance for distance in range(1, 6))
    if memory_mb == 1000:
        assert rows == [slice(0, 501)]
        assert not made
    else:
        assert made == [tmp_path, tmp_path]
        for run in rows:
            _, words, _ = count(ids, 501, np.ones(5, np.int64), run)
            assert 60 * len(words) <= 10**6 or run.stop == run.start + 1


def test_the_books_sentence():
    sentence = ["you", "say", "goodbye", "and", "i", "say", "hello", "."]
    words = list(dict.fromkeys(sentence))
    ids = np.array([words.index(word) for word in sentence], np.int32)
    expected = [
        [0, 1, 0, 0, 0, 0, 0],
        [1, 0, 1, 0, 1, 1, 0],
        [0, 1, 0, 1, 0, 0, 0],
        [0, 0, 1, 0, 1, 0, 0],
        [0, 1, 0, 1, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 1, 0],
    ]
    counts = count_cooccurrences(ids, len(words), 1)
    np.testing.assert_array_equal(counts.toarray(), expected)


def test_words_that_do_not_occur_have_empty_rows():
    counts = count_cooccurrences(np.array([2, 4, 2], np.int32), 6, 5)
    assert counts.shape == (6, 6)
    np.testing.assert_array_equal(counts.indptr, [0, 0, 0, 2, 2, 3, 3])


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0], "the corpus has 1"),
        ([], "the corpus has 0"),
        ([0, 9], "vocabulary has 7 words"),
        ([0, -1], "word ids from -1"),
    ],
)
def test_a_bad_input_is_refused(ids, message):
    with pytest.raises(LexloomError, match=message):
        count_cooccurrences(np.array(ids, np.int32), V, 2)


@pytest.mark.parametrize(
    ("setting", "value"), [("window", 0), ("weighting", "x"), ("subsample", -1.0), ("subsample", 2.0)]
)
def test_a_setting_out_of_range_is_refused(setting, value):
    settings = {"window": 2, "weighting": "flat", "subsample": 0.0} | {setting: value}
    with pytest.raises(LexloomError, match=f"{setting}: .* is not allowed; expected"):
        count_cooccurrences(np.array([0, 1, 0]), 2, **settings)


INT64 = np.iinfo(np.int64).max
WHOLE_WEIGHTS = {
    "flat": lambda window, distance: 1,
    "dynamic": lambda window, distance: window + 1 - distance,
    "distance": lambda window, distance: round(math.lcm(*range(1, min(window, 20) + 1)) / distance),
}


@given(st.integers(1, 100), st.sampled_from(WEIGHTINGS))
@example(100, "distance")
def test_a_text_whose_sums_might_not_fit_into_64_bits_is_refused_before_the_work(window, weighting):
    """The largest sum is that of a text of one word, of which each occurrence has two full windows."""

    def add(length):
        empty, nothing = sparse.csr_array((1, 1), dtype=np.int64), np.zeros(1, np.int64)
        return add_shards([lambda rows: empty], nothing, np.array([length]), window, weighting, subsample=0)

    weights = [WHOLE_WEIGHTS[weighting](window, distance) for distance in range(1, window + 1)]
    longest = INT64 // (2 * sum(weights))
    assert next(add(longest)).nnz == 0
    with pytest.raises(
        LexloomError, match=f"counts texts of at most {longest:,} words, and this has {longest + 1:,}; set"
    ):
        add(longest + 1)
