import numpy as np

from lexloom.corpus.subsampling import keep_probabilities


def test_frequent_words_are_kept_less_by_the_formula():
    keep = keep_probabilities(np.array([9000, 999, 1]), 0.01)
    np.testing.assert_allclose(
        keep[:2], [(0.01 / 0.9) ** 0.5 + 0.01 / 0.9, (0.01 / 0.0999) ** 0.5 + 0.01 / 0.0999]
    )
    assert keep[2] == 1
    np.testing.assert_array_equal(keep_probabilities(np.array([5, 1]), 0), 1)
