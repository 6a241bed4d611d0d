"""A state comes back from a file as it was, to the bit."""

import numpy as np
from fake_device import FAKE
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lexloom.storage.state_trees import map_arrays, pack, unpack

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
