"""The output layer with softmax cross-entropy on the CPU, by blocks of tokens and groups of words.

For tokens x (N, H), weights W (H, V), b (V,) and targets (N,)::

    scores  = x W + b                                                    (N, V)
    losses  = log(sum over the words of exp(scores)) - scores[target]    (N,)
    dscores = (softmax(scores) - one_hot(targets)) * weight              (N, V)
    dx = dscores W'      dW = x' dscores      db = sum of the rows of dscores

Here the scores are transposed: a row for each word, a column for each token. From the reference to here:

1. Blocks of tokens. The scores of the whole batch and their gradients were the largest arrays of training.
   Now only those of one block exist (tiles.py), and the reference does the same.
2. Groups of 80 words. The scores of a group stay in the L2 cache while they become exponentials, relative to
   the largest score of the group. The sums of all groups give the log_sums (Milakov & Gimelshein 2018,
   "Online normalizer calculation for softmax"). In a second pass, the exponentials of a group become
   gradients by one factor for each token, and are multiplied by the tokens and the words. So each exponential
   is computed once, and there is no pass over the scores except with a product.
3. Our own products (machine/gemm.py). BLAS copies both matrices of each small product. Here, the tokens are
   copied once for all groups, and the table of words is read in place. A training step took a fifth less time
   with 100 hidden units, and a tenth less with 650.
4. One call for each block. Waking a thread takes 100 to 150 us, so the threads go through the phases of a
   block together (machine/phases.py).
5. The squares of dW are summed while its rows are in the cache, so that the gradient norm needs no pass.
"""

import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from lexloom.kernels.cpu.machine.compiled import inner, njit
from lexloom.kernels.cpu.machine.gemm import (
    LANES,
    lay_out_rows,
    lay_out_transposed,
    multiply_and_fetch,
    padded,
)
from lexloom.kernels.cpu.machine.math import exp_row, fast_exp
from lexloom.kernels.cpu.machine.phases import run_phases, tile_range, tiles_of
from lexloom.kernels.cpu.machine.registers import (
    add_multiple,
    add_rows,
    add_up,
    aligned_rows,
    full_row,
    larger,
    load_row,
    multiply_rows,
    store_row,
    subtract_rows,
    zero_row,
)
from lexloom.kernels.cpu.norms import squares_of_rows
from lexloom.kernels.reference.softmax import Reference
from lexloom.kernels.tiles import cut, token_blocks

_GROUP = 80  # words in a group: their scores and vectors stay in the L2 cache
_GROUPS_TILE = 16  # maximum number of groups in a tile
_TILES = 4  # minimum number of tiles, if there are as many groups
_PARALLEL_FLOPS = 1 << 23  # of the scores: minimum amount of work for which a second thread pays off

_buffers = threading.local()  # reused for all blocks, since new memory would cost page faults


class Cpu(Reference):
    """The output layer with softmax cross-entropy."""

    def softmax_output(self, x: np.ndarray, W: np.ndarray, b: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Return -log softmax(x W + b)[target] of each token; see `Reference.softmax_output`.

        float64 and the smallest matrices fall back to the reference implementation.
        """
        if _needs_reference(W):
            return super().softmax_output(x, W, b, targets)
        losses, table = np.empty(len(x), np.float32), np.ascontiguousarray(W.T)
        for tokens in token_blocks(len(x), len(b)):
            block = _block(x[tokens], table, b, targets[tokens], keep_scores=False)
            _run(partial(_loss, block), block, 3)
            losses[tokens] = _losses(block)
        return losses

    def softmax_output_gradients(
        self, x: np.ndarray, W: np.ndarray, b: np.ndarray, targets: np.ndarray, weight: Any
    ) -> tuple[np.ndarray, ...]:
        """Return losses and gradients; see `Reference.softmax_output_gradients`."""
        if _needs_reference(W):
            return super().softmax_output_gradients(x, W, b, targets, weight)
        losses, dx = np.empty(len(x), np.float32), np.empty_like(x)
        table = np.ascontiguousarray(W.T)
        dtable, db, squares = np.empty_like(table), np.zeros_like(b), np.empty_like(b)
        for number, tokens in enumerate(token_blocks(len(x), len(b))):
            block = _block(x[tokens], table, b, targets[tokens], keep_scores=True)
            weights = np.zeros(len(block.log_sums), np.float32)
            np.multiply(targets[tokens] >= 0, np.float32(weight), out=weights[: len(block.x)])
            tiles, size = len(block.tiles) - 1, x.shape[1]
            parts = _columns("dx", tiles * size, len(weights)).reshape(tiles, size, -1)
            gradients = _Gradients(weights, parts, dx[tokens], dtable, db, squares, number > 0)
            _run(partial(_loss_and_backward, block, gradients), block, 5)
            losses[tokens] = _losses(block)
        dW = np.ascontiguousarray(dtable.T) if W.flags.c_contiguous else dtable.T
        return losses, dx, dW, db, squares


def _needs_reference(W: np.ndarray) -> bool:
    """Return whether the compiled code cannot take weights (H, V)."""
    return W.dtype != np.float32


class _Block(NamedTuple):
    """A block of N tokens, and memory for their scores.

    Attributes
    ----------
    x : (N, H) array
    table : (V, H) array
    b : (V,) array
    targets : (N,) array
    rows, columns : (H in whole vectors, N, LANES), (N in whole vectors, H, LANES) arrays
        x and its transpose in panels.
    groups : (K + 1,) array
        Where each group of words begins, and the end of the last one.
    tiles : (tiles + 1,) array
        Where each tile of groups begins, and the end of the last one.
    scores : (V, N rounded up to whole vectors and more) array
        They become exponentials and then gradients in place. For losses alone it is smaller: the groups of a
        tile are written one over the other, so that they stay in the cache.
    largest, sums : (K, N rounded up to whole vectors) arrays
        The largest score of each group, and the sum of exp(score - largest).
    hits : (N,) array
        Scores of the targets.
    log_sums : (N rounded up to whole vectors,) array
        Logarithms of the sums of exponentials over all words.
    """

    x: np.ndarray
    table: np.ndarray
    b: np.ndarray
    targets: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    groups: np.ndarray
    tiles: np.ndarray
    scores: np.ndarray
    largest: np.ndarray
    sums: np.ndarray
    hits: np.ndarray
    log_sums: np.ndarray


class _Gradients(NamedTuple):
    """The gradients of a block of N tokens, and of all blocks so far.

    Attributes
    ----------
    weights : (N rounded up to whole vectors,) array
        The weight of each token in the loss, 0 for padding.
    parts : (tiles, H, N rounded up to whole vectors and more) array
        The dx' of each tile of words.
    dx : (N, H) array
    dtable, db, squares : (V, H), (V,), (V,) arrays
        dW', db, and the squares of each row of dW', over all blocks so far.
    add : bool
        Whether there were blocks before this one, to whose dtable to add.
    """

    weights: np.ndarray
    parts: np.ndarray
    dx: np.ndarray
    dtable: np.ndarray
    db: np.ndarray
    squares: np.ndarray
    add: bool


def _block(x: np.ndarray, table: np.ndarray, b: np.ndarray, targets: np.ndarray, keep_scores: bool) -> _Block:
    """Return the block of tokens x (N, H)."""
    width, groups = padded(len(x)), _groups(len(b))
    count = len(groups) - 1
    tiles = _starts(count, max(1, min(_GROUPS_TILE, count // _TILES)))
    scores = len(b) if keep_scores else (len(tiles) - 1) * int(np.diff(groups).max())
    largest, sums = np.empty((2, count, width), np.float32)
    return _Block(
        x,
        table,
        b,
        np.ascontiguousarray(targets),  # one type for the compiler, whatever the caller cut it from
        rows=_panels("rows", *x.shape),
        columns=_panels("columns", *x.T.shape),
        groups=groups,
        tiles=tiles,
        scores=_columns("scores", scores, width),
        largest=largest,
        sums=sums,
        hits=np.zeros(len(x), np.float32),
        log_sums=np.empty(width, np.float32),
    )


def _run(work: Callable[..., None], block: _Block, phases: int) -> None:
    """Call `work(progress, share)` on the threads."""
    tiles = len(block.tiles) - 1
    run_phases(work, phases, tiles, 1 if 2 * len(block.x) * block.table.size < _PARALLEL_FLOPS else tiles)


def _losses(block: _Block) -> np.ndarray:
    """Return the losses (N,) of a block after `_loss`."""
    return (block.log_sums[: len(block.x)] - block.hits) * (block.targets >= 0)


@cache
def _groups(words: int) -> np.ndarray:
    """Return where each group of words begins, and the end of the last."""
    return _starts(words, _GROUP)


@cache
def _starts(length: int, tile: int) -> np.ndarray:
    """Return where each slice of `cut` begins, and the end of the last."""
    return np.array([0, *(part.stop for part in cut(length, tile))])


def _panels(name: str, inner: int, columns: int) -> np.ndarray:
    """Return memory for the panels of a matrix (K, N), as `gemm.new_panels` does."""
    vectors = padded(columns) // LANES
    return _memory(name, vectors * inner, LANES).reshape(vectors, inner, LANES)


def _columns(name: str, rows: int, width: int) -> np.ndarray:
    """Return memory for rows of whole vectors, an odd number of vectors apart.

    With a power of two, all rows would compete for the same few sets of a cache.
    """
    return _memory(name, rows, (width // LANES | 1) * LANES)


def _memory(name: str, rows: int, width: int) -> np.ndarray:
    """Return an uninitialized array; it overwrites the last one with this name in this thread."""
    buffers, size = vars(_buffers), rows * width
    if name not in buffers or buffers[name].size < size:
        buffers[name] = aligned_rows(rows, width).reshape(-1)
    return buffers[name][:size].reshape(rows, width)


@njit(nogil=True, cache=True, error_model="numpy")
def _loss(block, progress, share):
    """Compute the exponentials, hits and log_sums of a block."""
    tiles, (tokens, size), width = len(block.tiles) - 1, block.x.shape, len(block.log_sums)
    for tile in tiles_of(progress, 0, share):
        lay_out_rows(block.x, *tile_range(tokens, tile, tiles), block.rows)
        lay_out_transposed(block.x, *tile_range(size, tile, tiles), block.columns)
    for tile in tiles_of(progress, 1, share):
        for k in range(block.tiles[tile], block.tiles[tile + 1]):
            _score(block, k, tile)
    for tile in tiles_of(progress, 2, share):
        _log_sums(block.largest, block.sums, *tile_range(width, tile, tiles), block.log_sums)


@njit(nogil=True, cache=True, error_model="numpy")
def _loss_and_backward(block, gradients, progress, share):
    """Do what `_loss` does, then write the gradients."""
    _loss(block, progress, share)
    for tile in tiles_of(progress, 3, share):
        for k in range(block.tiles[tile], block.tiles[tile + 1]):
            _backward(block, k, gradients, tile)
    for tile in tiles_of(progress, 4, share):
        parts, dx = gradients.parts, gradients.dx
        _sum_parts(parts, *tile_range(dx.shape[1], tile, len(parts)), dx)


@inner(error_model="numpy")
def _score(block, k, tile):
    """Write the exponentials of the scores of group k, of some tile, and its largest, sums and hits."""
    first, last, largest = block.groups[k], block.groups[k + 1], block.largest[k]
    kept = len(block.scores) == len(block.table)
    start = first if kept else tile * (len(block.scores) // (len(block.tiles) - 1))
    group, targets = block.scores[start : start + last - first], block.targets
    following = block.table[last : 2 * last - first]
    multiply_and_fetch(block.table[first:last], block.columns, group[:, : len(largest)], False, following)
    _add_bias(group, block.b[first:last], largest)
    for n in range(len(targets)):
        if first <= targets[n] < last:
            block.hits[n] = group[targets[n] - first, n]
    _exponentials(group, largest, block.sums[k])


@inner(error_model="numpy")
def _backward(block, k, gradients, tile):
    """Turn the exponentials of group k, of some tile, into dscores, and add to the gradients."""
    words = slice(block.groups[k], block.groups[k + 1])
    group, dtable = block.scores[words], gradients.dtable[words]
    weights, db = gradients.weights, gradients.db[words]
    _dscores(group, block.largest[k], block.log_sums, weights, block.targets, words.start, db)
    part = gradients.parts[tile][:, : len(weights)]
    multiply_and_fetch(block.table[words].T, group, part, k > block.tiles[tile], dtable)
    following = block.table[words.stop : 2 * words.stop - words.start]
    multiply_and_fetch(group[:, : len(block.x)], block.rows, dtable, gradients.add, following)
    squares_of_rows(dtable, gradients.squares[words])


@inner(error_model="numpy")
def _add_bias(scores, b, largest):
    """Add the bias to the scores of a group, and write the largest score of each token."""
    ones, by_token = np.ones((1, LANES), np.float32), largest.reshape(1, -1)
    one = load_row(ones, 0, 0)
    for n in range(0, len(largest), LANES):
        most = full_row(ones, np.float32(-np.inf))
        for w in range(len(scores)):
            row = add_multiple(load_row(scores, w, n), b[w], one)
            store_row(scores, w, n, row)
            most = larger(row, most)
        store_row(by_token, 0, n, most)


@inner(fastmath={"contract"}, error_model="numpy")
def _exponentials(scores, largest, sums):
    """Turn the scores of a group into exp(score - largest), and write the sum for each token."""
    by_token, sums_by_token = largest.reshape(1, -1), sums.reshape(1, -1)
    for n in range(0, len(largest), LANES):
        most, total = load_row(by_token, 0, n), zero_row(scores)
        for w in range(len(scores)):
            row = exp_row(subtract_rows(load_row(scores, w, n), most), scores)
            store_row(scores, w, n, row)
            total = add_rows(total, row)
        store_row(sums_by_token, 0, n, total)


@inner(error_model="numpy")
def _log_sums(largest, sums, first, last, log_sums):
    """Write the log_sums of tokens first to last, from the largest scores and sums of all groups."""
    most, total = np.full(last - first, -np.inf, np.float32), np.zeros(last - first, np.float32)
    for k in range(len(largest)):
        row = largest[k, first:last]
        for n in range(len(most)):
            most[n] = np.maximum(most[n], row[n])
    for k in range(len(largest)):
        row, added = largest[k, first:last], sums[k, first:last]
        for n in range(len(most)):
            total[n] += added[n] * fast_exp(row[n] - most[n])
    for n in range(len(most)):
        log_sums[first + n] = most[n] + np.log(total[n])


@inner(fastmath=True, error_model="numpy")
def _dscores(exponentials, largest, log_sums, weights, targets, first, db):
    """Turn the exponentials of a group, whose first word is `first`, into dscores; add their sums to db."""
    by_token = np.empty((1, len(weights)), np.float32)
    factors = by_token[0]
    for n in range(len(weights)):
        factors[n] = fast_exp(largest[n] - log_sums[n]) * weights[n]
    for w in range(len(exponentials)):
        total = zero_row(exponentials)
        for n in range(0, len(weights), LANES):
            row = multiply_rows(load_row(exponentials, w, n), load_row(by_token, 0, n))
            store_row(exponentials, w, n, row)
            total = add_rows(total, row)
        db[w] += add_up(total)
    for n in range(len(targets)):
        place = targets[n] - first
        if 0 <= place < len(exponentials):
            exponentials[place, n] -= weights[n]
            db[place] -= weights[n]


@inner()
def _sum_parts(parts, first, last, dx):
    """Write columns first to last of dx (N, H): the sum over tiles of parts (tiles, H, N)."""
    total = np.empty(parts.shape[2], np.float32)
    for d in range(first, last):
        total[:] = 0
        for k in range(len(parts)):
            for n in range(len(total)):
                total[n] += parts[k, d, n]
        for n in range(len(dx)):
            dx[n, d] = total[n]
