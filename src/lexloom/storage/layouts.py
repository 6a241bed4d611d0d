"""What each kind of artifact holds, and the check of a file against it.

Whoever computes with an artifact relies on this: that word ids are ids of its words, that sizes agree, that
numbers are in their range. Compiled code indexes with these numbers and checks none of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from lexloom.storage.hdf5_reading import MalformedError

if TYPE_CHECKING:
    from scipy import sparse

TEXT = "text"
"""The type of lines, beside those of numbers."""

Axis = str | int
"""The name of an axis, which has one size in all of a file, or a size."""

_LARGEST = float(np.finfo(np.float64).max)
_INTS = ("int32", "int64")
_FLOATS = ("float16", "float32", "float64")


@dataclass(frozen=True)
class Numbers:
    """An array of numbers.

    Attributes
    ----------
    dtypes : tuple of str
        The types that it may have; any, if there is none.
    axes : tuple of axes, or None
        None allows any shape.
    low, high : float
        The range of its values, which excludes nan; None where nan is a value as well.
    below : str or None
        The axis of which the values are ids, each less than its size.
    least : float
        What the largest value is at least.
    size : int or None
        The largest size of the first axis.
    may_be_empty : bool
        An array without rows is then allowed, of any type and further dimensions.
    """

    dtypes: tuple[str, ...]
    axes: tuple[Axis, ...] | None
    low: float | None = -_LARGEST
    high: float = _LARGEST
    below: str | None = None
    least: float = -np.inf
    size: int | None = None
    may_be_empty: bool = False


@dataclass(frozen=True)
class Lines:
    """Lines of text.

    Attributes
    ----------
    axes : tuple of one axis
    distinct : bool
        Whether no line occurs twice.
    may_be_empty : bool
    """

    axes: tuple[Axis]
    distinct: bool = False
    may_be_empty: bool = False


@dataclass(frozen=True)
class Matrix:
    """A sparse matrix in compressed rows. The columns of a row ascend.

    Attributes
    ----------
    dtypes : tuple of str
    axes : tuple of two axes
    low, high : float
        The range of the stored values.
    stored : axis or None
        The number of stored values.
    """

    dtypes: tuple[str, ...]
    axes: tuple[Axis, Axis]
    low: float = 0
    high: float = _LARGEST
    stored: Axis | None = None


@dataclass(frozen=True)
class Outline:
    """What a dataset is, without its values.

    Attributes
    ----------
    shape : tuple of int
        Of lines of text, their number.
    dtype : str
        NumPy's name; "text" for lines.
    axes : tuple of str
    unit : str
    stored : int or None
        Of a sparse array, how many entries the file holds.
    """

    shape: tuple[int, ...]
    dtype: str
    axes: tuple[str, ...] = ()
    unit: str = ""
    stored: int | None = None


Layout = Mapping[str, Numbers | Lines | Matrix]

_WORDS = Lines(("word",), distinct=True)
_IDS = {split: Numbers(_INTS, (split,), low=0, below="word") for split in ("train", "valid", "test")}
_COUNTS = Numbers(_INTS, ("word",), low=0, high=2**40, least=1)
_TABLE = Numbers(_FLOATS, ("word", "dimension"))
_ITEMS = Numbers(_INTS, ("score",), low=0, may_be_empty=True)
_ORDERS = 20

VERSIONS = {
    "gold": 1,
    "corpus": 1,
    "cooccurrences": 1,
    "shard": 1,
    "ppmi": 1,
    "contexts": 1,
    "vectors": 1,
    "rnnlm": 1,
    "ngram": 1,
    "perplexity": 2,
    "checkpoint": 1,
    "similarity": 1,
}
"""The version of the layout of each kind of artifact."""

LAYOUTS: dict[str, Layout] = {
    "gold": {
        "words": _WORDS,
        "class_names": Lines(("class",)),
        "word_classes": Numbers(_INTS, ("word",), low=0, below="class"),
        "analogies": Numbers(_INTS, ("question", 4), low=0, below="word"),
        "reference_perplexity": Numbers(_FLOATS, (), low=1),
    },
    "corpus": {**_IDS, "words": _WORDS, "counts": _COUNTS},
    "cooccurrences": {
        "counts": Matrix((*_INTS, "float64"), ("word", "word"), high=2**63),
        "words": _WORDS,
    },
    "shard": {"sums": Matrix(("int64",), ("word", "word"))},
    "ppmi": {"ppmi": Matrix(("float32", "float64"), ("word", "word"), high=1024), "words": _WORDS},
    "contexts": {
        "targets": Numbers(("int32",), ("position",), low=0, below="word"),
        "offsets": Numbers(("int32",), ("context",), low=-100, high=100, size=200),
        "words": _WORDS,
        "counts": _COUNTS,
    },
    "vectors": {
        "vectors": _TABLE,
        "words": _WORDS,
        "singular_values": Numbers(_FLOATS, ("dimension",), low=0),
        "W_in": _TABLE,
        "W_out": _TABLE,
        "losses": Numbers(_FLOATS, ("epoch",)),
    },
    "rnnlm": {
        "words": _WORDS,
        "history/*": Numbers((*_INTS, *_FLOATS), ("epoch",), low=None),
        "steps/*": Numbers((*_INTS, *_FLOATS), ("interval",), low=None),
        "*.*": Numbers(("float32", "float64"), None),
    },
    "ngram": {
        "counts_1": Matrix(("int64",), (1, "word"), stored="word"),
        "counts_2": Matrix(("int64",), ("word", "word"), low=1, stored="2-gram"),
        **{
            f"counts_{k}": Matrix(("int64",), (f"{k - 1}-gram", "word"), low=1, stored=f"{k}-gram")
            for k in range(3, _ORDERS + 1)
        },
        "words": _WORDS,
    },
    "perplexity": {
        **{split: Numbers(("float64",), (), low=0, high=np.inf) for split in _IDS},
        "log_probabilities/valid": Numbers(("float64",), ("valid",), low=-np.inf),
        "log_probabilities/test": Numbers(("float64",), ("test",), low=-np.inf),
        "parameters": Numbers(_INTS, (), low=0),
        "epochs": Numbers(_INTS, (), low=0),
    },
    "checkpoint": {
        "state": Lines((1,)),
        "identity": Lines((1,)),
        "arrays/*": Numbers((), None, low=None),
    },
    "similarity": {
        "test_sets": Lines(("score",), may_be_empty=True),
        "measures": Lines(("score",), may_be_empty=True),
        "scores": Numbers(_FLOATS, ("score",), low=None, may_be_empty=True),
        "intervals": Numbers(_FLOATS, ("score", 2), low=None, may_be_empty=True),
        "covered": _ITEMS,
        "total": _ITEMS,
        "epochs": Numbers(_INTS, (), low=0),
        "queries": Lines(("query",), may_be_empty=True),
        "neighbours": Numbers(_INTS, ("query", "rank"), low=-1, below="word", may_be_empty=True),
        "cosines": Numbers(_FLOATS, ("query", "rank"), low=None, may_be_empty=True),
        "words": _WORDS,
    },
}
"""The datasets of each kind, by name; a star stands for any part of a name."""


def part_of(layout: Layout, name: str) -> Numbers | Lines | Matrix:
    """Return what a layout says about a dataset.

    Raises
    ------
    MalformedError
        If there is no such dataset in the layout.
    """
    for pattern, part in layout.items():
        if fnmatchcase(name, pattern):
            return part
    raise MalformedError(f"{name!r} is not a dataset of this kind")


class Sizes:
    """The sizes of named axes, as the datasets of a file have them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str]] = {}

    def of(self, axis: str) -> int | None:
        """Return the size of an axis, if any dataset had it."""
        return self._known[axis][0] if axis in self._known else None

    def tie(self, name: str, axes: Iterable[Axis], shape: Iterable[int]) -> None:
        """Expect that the shape of a dataset agrees with what is known of its axes.

        Raises
        ------
        MalformedError
            If it does not.
        """
        for axis, size in zip(axes, shape, strict=True):
            if isinstance(axis, int):
                known, where = axis, "this kind"
            else:
                known, where = self._known.setdefault(axis, (size, repr(name)))
            if size != known:
                raise MalformedError(f"{name!r} has the size {size} by {axis}, but {where} has {known}")


def check_shape(name: str, part: Numbers | Lines | Matrix, outline: Outline, sizes: Sizes) -> None:
    """Check what a dataset is, without its values.

    Raises
    ------
    MalformedError
        If type or shape are not as the layout says.
    """
    shape, dtype = outline.shape, outline.dtype
    if isinstance(part, Lines) != (dtype == TEXT) or isinstance(part, Matrix) != (outline.stored is not None):
        expected = {Lines: "lines of text", Matrix: "a sparse matrix", Numbers: "an array of numbers"}
        raise MalformedError(f"{name!r} is not {expected[type(part)]}")
    if isinstance(part, Lines):
        return
    if isinstance(part, Numbers) and part.axes and part.may_be_empty and shape[:1] == (0,):
        sizes.tie(name, part.axes[:1], shape[:1])
        return
    if part.dtypes and dtype not in part.dtypes:
        raise MalformedError(f"{name!r} has values of type {dtype}, expected {' or '.join(part.dtypes)}")
    if part.axes is None:
        return
    if len(shape) != len(part.axes):
        raise MalformedError(f"{name!r} has {len(shape)} dimensions, expected {len(part.axes)}")
    if isinstance(part, Numbers) and (0 in shape or (part.size is not None and shape[0] > part.size)):
        raise MalformedError(f"{name!r} has the shape {shape}")
    sizes.tie(name, part.axes, shape)
    if isinstance(part, Matrix) and part.stored is not None:
        sizes.tie(name, [part.stored], [outline.stored or 0])


def check_numbers(name: str, part: Numbers, array: np.ndarray, sizes: Sizes) -> None:
    """Check the values of an array.

    Raises
    ------
    MalformedError
        If one is out of range.
    """
    if not array.size or part.low is None:
        return
    bound = sizes.of(part.below) if part.below else None
    _check_range(name, array, part.low, part.high if bound is None else bound - 1)
    if array.max().item() < part.least:
        raise MalformedError(f"{name!r} has nothing above {array.max()}")


def check_lines(name: str, part: Lines, lines: list[str], sizes: Sizes) -> None:
    """Check the number of lines, and that they are distinct.

    Raises
    ------
    MalformedError
        If they are not as the layout says.
    """
    if not lines and not part.may_be_empty:
        raise MalformedError(f"{name!r} is empty")
    sizes.tie(name, part.axes, [len(lines)])
    if part.distinct and len(set(lines)) < len(lines):
        raise MalformedError(f"{name!r} has a line twice")


def check_starts(name: str, starts: np.ndarray, stored: int) -> None:
    """Check the places where the rows of a matrix start.

    Raises
    ------
    MalformedError
        If they do not ascend from 0 to the number of stored values.
    """
    if starts[0] != 0 or starts[-1] != stored or (starts[1:] < starts[:-1]).any():
        raise MalformedError(f"{name!r} has rows that do not ascend from 0 to {stored}")


def check_rows(name: str, part: Matrix, rows: "sparse.csr_array") -> None:
    """Check columns and values of some rows of a matrix, whose starts were checked.

    Raises
    ------
    MalformedError
        If a column is not in the matrix, the columns of a row do not ascend, or a value is out of range.
    """
    if not len(rows.data):
        return
    _check_range(f"{name}/indices", rows.indices, 0, rows.shape[1] - 1)
    _check_range(f"{name}/data", rows.data, part.low, part.high)
    ascends = rows.indices[1:] > rows.indices[:-1]
    starts = rows.indptr[1:-1]
    ascends[starts[(starts > 0) & (starts < len(rows.data))] - 1] = True
    if not ascends.all():
        raise MalformedError(f"{name!r} has a row whose columns do not ascend")


def _check_range(name: str, array: np.ndarray, low: float, high: float) -> None:
    least, most = array.min().item(), array.max().item()
    if not (low <= least and most <= high):
        expected = (
            f"{low:g} to {high:g}" if high < _LARGEST else "a finite number" if low < 0 else f"from {low:g}"
        )
        raise MalformedError(f"{name!r} has values from {least} to {most}, expected {expected}")


def lines_with(layout: Layout, axis: str) -> list[str]:
    """Return the names of the lines of text of which there are as many as an axis is long."""
    return [name for name, part in layout.items() if isinstance(part, Lines) and axis in part.axes]
