"""Words on a plane: the gradient, and that neighbours stay neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.word_map import gradient, neighbour_shares, word_map


def unit_rows(rng, shape):
    rows = rng.normal(size=shape)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def groups(seed, count=6, each=20):
    """Return the cosines of words in groups, and the group of each word."""
    rng = np.random.default_rng(seed)
    middles = rng.normal(size=(count, 16))
    rows = np.repeat(middles, each, axis=0) + 0.4 * rng.normal(size=(count * each, 16))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T, np.repeat(np.arange(count), each)


def loss(places, near):
    distances = ((places[:, None] - places) ** 2).sum(axis=2)
    weights = 1 / (1 + distances)
    np.fill_diagonal(weights, 0)
    own = weights / weights.sum()
    present = near > 0
    return (near[present] * np.log(near[present] / own[present])).sum()


def kept(cosines, places, count=10):
    """Return what proportion of the nearest words by cosine are among the nearest on the plane."""
    distances = ((places[:, None] - places) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    own = cosines - 3 * np.eye(len(cosines))
    pairs = zip(np.argsort(-own)[:, :count], np.argsort(distances)[:, :count], strict=True)
    return np.mean([len({*one} & {*other}) / count for one, other in pairs])


@given(seed=st.integers(0, 99))
def test_the_gradient_is_that_of_the_loss(seed):
    rng = np.random.default_rng(seed)
    rows, places = unit_rows(rng, (8, 4)), rng.normal(size=(8, 2))
    near = neighbour_shares(rows @ rows.T, perplexity=2)
    expected, step = np.empty_like(places), 1e-5
    for i in np.ndindex(places.shape):
        moved = [places.copy(), places.copy()]
        moved[0][i] += step
        moved[1][i] -= step
        expected[i] = (loss(moved[0], near) - loss(moved[1], near)) / (2 * step)
    np.testing.assert_allclose(gradient(places, near), expected, atol=1e-7)


def test_many_words_have_the_same_gradient_as_few_at_a_time():
    rng = np.random.default_rng(1)
    places = rng.normal(size=(700, 2))
    rows = unit_rows(rng, (700, 8))
    near = neighbour_shares(rows @ rows.T)
    differences = places[:, None] - places
    weights = 1 / (1 + (differences**2).sum(axis=2))
    np.fill_diagonal(weights, 0)
    forces = (near - weights / weights.sum()) * weights
    np.testing.assert_allclose(
        gradient(places, near), 4 * (forces[:, :, None] * differences).sum(axis=1), atol=1e-12
    )


@given(seed=st.integers(0, 99))
def test_shares_are_of_all_pairs_and_as_wide_as_asked(seed):
    rows = unit_rows(np.random.default_rng(seed), (60, 6))
    near = neighbour_shares(rows @ rows.T, perplexity=5)
    assert near.sum() == pytest.approx(1)
    assert (near == near.T).all()
    assert not near.diagonal().any()
    assert ((near > 0).sum(axis=1) >= 15).all()


def test_neighbours_stay_neighbours_better_than_on_the_principal_plane():
    cosines, group = groups(1)
    places = word_map(cosines)
    values, vectors = np.linalg.eigh(cosines)
    assert kept(cosines, places) > kept(cosines, vectors[:, -2:] * np.sqrt(values[-2:])) + 0.2
    nearest = np.argsort(((places[:, None] - places) ** 2).sum(axis=2) + 1e9 * np.eye(len(places)))[:, 0]
    assert (group[nearest] == group).mean() > 0.95


def test_the_same_cosines_have_the_same_places():
    cosines, _ = groups(2)
    assert word_map(cosines).tobytes() == word_map(cosines.copy()).tobytes()


@pytest.mark.parametrize("rows", [np.eye(n, 3) for n in (1, 2, 3, 4, 5, 9)] + [np.ones((7, 1))])
def test_any_number_of_words_has_a_map_also_of_equal_or_empty_vectors(rows):
    places = word_map(rows @ rows.T)
    assert places.shape == (len(rows), 2)
    assert np.isfinite(places).all()
