"""PPMI equals a naive reading of its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from lexloom.errors import LexloomError
from lexloom.vectors import ppmi
from lexloom.vectors.cooccurrence import count_cooccurrences
from lexloom.vectors.ppmi import weight_ppmi

V = 7
streams = st.lists(st.integers(0, V - 1), min_size=2, max_size=60).map(lambda ids: np.array(ids, np.int32))
windows = st.integers(1, 12)


def naive_ppmi(counts, smoothing, shift):
    """Go through the cells of the dense matrix one by one."""
    ppmi = np.zeros(counts.shape)
    contexts = counts.sum(axis=0) ** smoothing
    for word, context in zip(*np.nonzero(counts), strict=True):
        joint = counts[word, context] / counts.sum()
        chance = counts[word].sum() / counts.sum() * contexts[context] / contexts.sum()
        ppmi[word, context] = max(0, np.log2(joint / chance) - shift)
    return ppmi


@given(ids=streams, window=windows, smoothing=st.sampled_from([1.0, 0.75, 0.3]), shift=st.floats(0, 2))
def test_ppmi_equals_its_definition(ids, window, smoothing, shift):
    counts = count_cooccurrences(ids, V, window)
    weighted = weight_ppmi(counts, smoothing, shift)
    assert weighted.dtype == np.float32
    assert (weighted.data > 0).all()
    np.testing.assert_allclose(weighted.toarray(), naive_ppmi(counts.toarray(), smoothing, shift), atol=1e-6)


@pytest.mark.parametrize("weighting", ["flat", "distance"])
def test_weighting_a_few_cells_at_a_time_gives_the_same_bits(weighting, monkeypatch):
    ids = np.random.default_rng(1).zipf(1.3, 2000).clip(max=90).astype(np.int32)
    counts = count_cooccurrences(ids, 91, 5, weighting, 0.01)
    at_once = weight_ppmi(counts, 0.75, 1)
    monkeypatch.setattr(ppmi, "_CELLS", 50)
    in_runs = weight_ppmi(counts, 0.75, 1)
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(in_runs, part), getattr(at_once, part), strict=True)


def test_the_books_sentence():
    ids = np.array([0, 1, 2, 3, 4, 1, 5, 6], np.int32)  # you say goodbye and i say hello .
    assert weight_ppmi(count_cooccurrences(ids, V, 1), 1, 0)[0, 1] == pytest.approx(np.log2(14 / 4))


def test_words_that_do_not_occur_have_empty_rows():
    weighted = weight_ppmi(count_cooccurrences(np.array([2, 4, 2], np.int32), 6, 5), 1, 0)
    assert weighted.shape == (6, 6)
    np.testing.assert_array_equal(np.diff(weighted.indptr) > 0, [False, False, True, False, True, False])


def test_one_word_alone_shares_no_information():
    assert weight_ppmi(count_cooccurrences(np.zeros(9, np.int32), 1, 2), 1, 0).nnz == 0


@pytest.mark.parametrize("settings", [{"smoothing": -1.0, "shift": 0}, {"smoothing": 1, "shift": -2.0}])
def test_a_setting_out_of_range_is_refused(settings):
    with pytest.raises(LexloomError, match="is not allowed; expected a number"):
        weight_ppmi(sparse.csr_array(np.eye(2)), **settings)
