"""A state comes back from a file as it was, to the bit."""

import numpy as np
import pytest
from fake_device import FAKE
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lexloom.storage.state_trees import check_like, map_arrays, pack, unpack

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 140), 1 << 140),
    st.floats(),
    st.text(),
    arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.int32, np.uint64]),
        arrays.array_shapes(min_dims=0, min_side=0, max_side=3),
    ),
)
KEYS = st.text("abc.W_", min_size=1)
TREES = st.recursive(
    LEAVES,
    lambda trees: st.one_of(
        st.lists(trees, max_size=3),
        st.lists(trees, max_size=3).map(tuple),
        st.dictionaries(KEYS, trees, max_size=3),
    ),
    max_leaves=8,
)


def equal(left, right):
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        same = type(left) is type(right) and len(left) == len(right)
        return same and all(map(equal, left, right))
    if isinstance(left, np.ndarray):
        return (left.dtype, left.shape, left.tobytes()) == (right.dtype, right.shape, right.tobytes())
    return type(left) is type(right) and (left == right or left != left != right)


@given(TREES)
def test_a_tree_comes_back(tree):
    assert equal(unpack(*pack(tree)), tree)


def test_arrays_are_named_by_their_path():
    tree = {"optimizer": {"lstm.W": (np.ones(2), [np.zeros(1)])}}
    _, arrays = pack(tree)
    assert set(arrays) == {"optimizer/lstm.W/0", "optimizer/lstm.W/1/0"}


def test_numbers_of_numpy_keep_their_type():
    back = unpack(*pack({"sum": np.float64(0.1), "half": np.float32(0.1)}))
    assert back["sum"] == 0.1
    assert (back["half"].dtype, back["half"]) == (np.float32, np.float32(0.1))


def test_arrays_of_a_device_come_to_the_host_and_go_back():
    line, arrays = pack({"w": FAKE.to_device(np.arange(3))})
    assert isinstance(arrays["w"], np.ndarray)
    back = map_arrays(lambda name, array: FAKE.to_device(array), unpack(line, arrays))
    np.testing.assert_array_equal(back["w"].get(), np.arange(3))


@pytest.mark.parametrize(
    ("tree", "example"),
    [
        *((value, 1) for value in (-1, 1 << 63, True, 1.5, "1", None, np.array(1))),
        *((value, 1.5) for value in ([], {}, None, np.zeros(1), 1 << 63)),
        *((value, "a") for value in (1, None, ["a"])),
        *((value, {"a": 1}) for value in ({}, {"b": 1}, {"a": 1, "b": 1}, {"a": "x"}, ["a"])),
        *((value, [1, (2,)]) for value in ([1], [1, [2]], [1, (2, 2)], [1, ("x",)], (1, (2,)))),
        *((value, np.zeros(2)) for value in (np.zeros(3), np.zeros(2, np.float32), [0.0, 0.0], 0.0)),
    ],
)
def test_a_state_of_another_training_is_refused(tree, example):
    with pytest.raises((TypeError, ValueError)):
        check_like(tree, example)


@pytest.mark.parametrize("example", [1.5, 3, "a", None, True, {"a": [1, (2.5,)]}, np.zeros(2)])
def test_a_state_is_like_itself_and_a_whole_number_like_a_float(example):
    check_like(example, example)
    check_like([-3, 0, np.float64(1.5)], [0.5] * 3)
