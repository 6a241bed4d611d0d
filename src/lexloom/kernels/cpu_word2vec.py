"""CBOW and skip-gram with negative sampling on the CPU: loss and row gradients, in two rounds of tiles.

The first round goes over pieces of the text. A piece gathers the rows of its words once, next to each other,
and windows slide over them; a block of positions meets the samples that it shares in small matrix products.
The second round sums, for each row of a table, the gradients that the pieces left for it. Working memory is
kept from batch to batch, for one training at a time in a process.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  compiled code multiplies by it: threads are set after it is there
from numba import njit

from lexloom.kernels import reference
from lexloom.kernels.context_windows import targets_and_counts
from lexloom.kernels.cpu_math import fast_exp
from lexloom.kernels.cpu_vectors import WIDTH, add_multiple, load_row, store_row, zero_row
from lexloom.kernels.pool import cut, run_tiles

_POSITIONS_TILE = 256
_ROWS_TILE = 256
_FACTORS = 64  # of at most 2 each: their product is far from the largest float32
# A dot product may use vector instructions. What is compiled so is inlined into one function: of one that is
# called, the process that compiles it and those that load it may have versions that add in different orders.
_FREE_ORDER = {"reassoc", "contract", "nsz"}

Rows = tuple[np.ndarray, np.ndarray]

_kept: dict[str, np.ndarray] = {}  # large arrays anew for each batch would cost more than the arithmetic


class _Piece(NamedTuple):
    positions: slice
    blocks: slice
    near: slice  # of ids: the positions and a window on either side
    spread: slice  # in an array with a row for each id near each piece


def cbow(
    W_in: np.ndarray,
    W_out: np.ndarray,
    ids: np.ndarray,
    radii: np.ndarray,
    samples: np.ndarray,
    weight: float,
) -> tuple[float, Rows, Rows]:
    """Return the loss and the row gradients of both tables; see `reference.cbow`.

    float64 goes the plain way, and so do vectors of fewer than 16 numbers.
    """
    if W_in.dtype != np.float32 or W_in.shape[1] < WIDTH:
        return reference.cbow(W_in, W_out, ids, radii, samples, weight)
    targets, counts = targets_and_counts(ids, radii)
    present = targets >= 0
    scale = np.float32(1 / max(1, np.count_nonzero(present)))
    shares, weights = np.float32(1) / np.maximum(1, counts), present * (scale * np.float32(weight))
    shares, weights = shares.astype(np.float32), weights.astype(np.float32)
    pieces, near = _pieces(ids, len(radii), len(samples))
    dnear = _room("near", len(near), W_in.shape[1])
    dhidden = _room("hidden", len(targets), W_in.shape[1])
    dtargets, dsamples, out = _outputs(targets, samples, W_in.shape[1])

    def compare(piece: _Piece) -> float:
        at, blocks, words = piece.positions, piece.blocks, ids[piece.near]
        around = words, radii[at], shares[at]
        gradients = dhidden[at], dtargets[at], dsamples[blocks], dnear[piece.spread]
        return _cbow(W_in, W_out, targets[at], *around, samples[blocks], weights[at], scale, *gradients)

    return _in_two_rounds(compare, pieces, (near, dnear), out)


def skip_gram(
    W_in: np.ndarray,
    W_out: np.ndarray,
    ids: np.ndarray,
    radii: np.ndarray,
    samples: np.ndarray,
    weight: float,
) -> tuple[float, Rows, Rows]:
    """Return the loss and the row gradients of both tables; see `reference.skip_gram`.

    float64 goes the plain way, and so do vectors of fewer than 16 numbers.
    """
    if W_in.dtype != np.float32 or W_in.shape[1] < WIDTH:
        return reference.skip_gram(W_in, W_out, ids, radii, samples, weight)
    targets, counts = targets_and_counts(ids, radii)
    scale = np.float32(1 / max(1, counts.sum()))
    weights = (counts * (scale * np.float32(weight))).astype(np.float32)
    pieces, near = _pieces(ids, len(radii), len(samples))
    dtargets = _room("hidden", len(targets), W_in.shape[1])
    dnear, dsamples, out = _outputs(near, samples, W_in.shape[1])

    def compare(piece: _Piece) -> float:
        at, blocks, words = piece.positions, piece.blocks, ids[piece.near]
        gradients = dtargets[at], dsamples[blocks], dnear[piece.spread]
        return _skip_gram(
            W_in, W_out, targets[at], words, radii[at], samples[blocks], weights[at], scale, *gradients
        )

    return _in_two_rounds(compare, pieces, (targets, dtargets), out)


def _pieces(ids: np.ndarray, positions: int, blocks: int) -> tuple[list[_Piece], np.ndarray]:
    """Cut a batch into pieces of whole blocks; also return the ids near each piece, one after another."""
    both_sides, share = len(ids) - positions, positions // blocks
    pieces = []
    for number, block in enumerate(cut(blocks, max(1, _POSITIONS_TILE // share))):
        start, stop = block.start * share, block.stop * share
        spread = slice(start + number * both_sides, stop + (number + 1) * both_sides)
        pieces.append(_Piece(slice(start, stop), block, slice(start, stop + both_sides), spread))
    return pieces, np.concatenate([ids[piece.near] for piece in pieces])


def _outputs(words: np.ndarray, samples: np.ndarray, dimension: int) -> tuple[np.ndarray, np.ndarray, Rows]:
    """Return room for the gradients of words and of samples, and both as one with their row numbers."""
    rows = np.concatenate([words, samples.reshape(-1)])
    values = _room("outputs", len(rows), dimension)
    return values[: len(words)], values[len(words) :].reshape(*samples.shape, dimension), (rows, values)


def _room(name: str, rows: int, columns: int) -> np.ndarray:
    """Return an array (rows, columns) to write to; the last one of this name is overwritten."""
    size = rows * columns
    if name not in _kept or _kept[name].size < size:
        _kept[name] = np.empty(size, np.float32)
    return _kept[name][:size].reshape(rows, columns)


def _in_two_rounds(
    compare: Callable[[_Piece], float], pieces: list[_Piece], *tables: Rows
) -> tuple[float, Rows, Rows]:
    """Run `compare` on the pieces, then sum the gradients (rows, values) that it left for each table."""
    losses, groups = np.zeros(len(pieces)), [None] * len(tables)

    def first(task: int) -> None:
        if task < len(tables):
            groups[task] = _group(tables[task][0])
        else:
            losses[task - len(tables)] = compare(pieces[task - len(tables)])

    run_tiles(first, range(len(tables) + len(pieces)))
    sums = [np.empty((len(group[1]), tables[0][1].shape[1]), np.float32) for group in groups]

    def second(task: tuple[int, slice]) -> None:
        table, tile = task
        order, _, bounds = groups[table]
        _sum_rows(order, bounds[tile.start : tile.stop + 1], tables[table][1], sums[table][tile])

    run_tiles(
        second, [(table, tile) for table in range(len(tables)) for tile in cut(len(sums[table]), _ROWS_TILE)]
    )
    return losses.sum(), *((group[1], rows) for group, rows in zip(groups, sums, strict=True))


@njit(nogil=True, cache=True, fastmath=_FREE_ORDER, error_model="numpy")
def _cbow(
    W_in,
    W_out,
    targets,
    words,
    radii,
    shares,
    samples,
    weights,
    scale,
    dhidden,
    dtargets,
    dsamples,
    dnear,
):
    """Write the gradients of one piece, and return its loss."""
    rows, hidden = _gather(W_in, words), np.empty_like(dhidden)
    _average(rows, words, radii, shares, hidden)
    loss = _against_samples(W_out, samples, hidden, weights, dhidden, dsamples)
    loss += _against_targets(W_out, targets, hidden, scale, dhidden, dtargets)
    _spread(words, radii, shares, dhidden, dnear)
    return loss


@njit(nogil=True, cache=True, fastmath=_FREE_ORDER, error_model="numpy")
def _skip_gram(W_in, W_out, targets, words, radii, samples, weights, scale, dtargets, dsamples, dnear):
    """Write the gradients of one piece, and return its loss."""
    hidden, rows = _gather(W_in, targets), _gather(W_out, words)
    loss = _against_samples(W_out, samples, hidden, weights, dtargets, dsamples)
    return loss + _against_contexts(rows, words, radii, hidden, scale, dtargets, dnear)


@njit(inline="always")
def _gather(table, numbers):
    """Return the rows of a table; for a number of -1 any row."""
    rows = np.empty((len(numbers), table.shape[1]), table.dtype)
    for k in range(len(numbers)):
        number = max(numbers[k], 0)
        for column in range(0, table.shape[1], WIDTH):
            column = min(column, table.shape[1] - WIDTH)
            store_row(rows, k, column, load_row(table, number, column))
    return rows


@njit(inline="always")
def _against_samples(W_out, samples, hidden, weights, dhidden, dsamples):
    """Write the gradients of hidden vectors and of the samples that blocks of them share; return the loss."""
    share = len(hidden) // len(samples)
    scores = np.empty((share, samples.shape[1]), np.float32)
    loss = 0.0
    for g in range(len(samples)):
        rows, block = _gather(W_out, samples[g]), hidden[g * share : (g + 1) * share]
        np.dot(block, rows.T, scores)
        loss += _errors_of_samples(scores, weights[g * share : (g + 1) * share])
        np.dot(scores, rows, dhidden[g * share : (g + 1) * share])
        np.dot(scores.T, block, dsamples[g])
    return loss


@njit(inline="always")
def _errors_of_samples(scores, weights):
    """Turn scores into sigmoid(score) * weight; return the sum of weight * log(1 + exp(score))."""
    one, zero = np.float32(1), np.float32(0)
    loss = 0.0
    for n in range(len(scores)):
        for start in range(0, scores.shape[1], _FACTORS):
            some = scores[n, start : start + _FACTORS]
            linear, product = zero, one
            for s in range(len(some)):
                score = some[s]
                small = fast_exp(-abs(score))
                linear += max(score, zero)
                product *= one + small
                some[s] = (one if score > zero else small) / (one + small) * weights[n]
            loss += weights[n] * (linear + np.log(product))
    return loss


@njit(inline="always")
def _average(rows, words, radii, shares, hidden):
    """Write for each position the mean of the rows around it."""
    both_sides, dimension = len(words) - len(radii), rows.shape[1]
    for n in range(len(radii)):
        here = n + both_sides // 2
        for column in range(0, dimension, WIDTH):
            column = min(column, dimension - WIDTH)
            total = zero_row(rows)
            for j in range(here - radii[n], here + radii[n] + 1):
                if j != here and words[j] >= 0:
                    total = add_multiple(total, shares[n], load_row(rows, j, column))
            store_row(hidden, n, column, total)


@njit(inline="always")
def _spread(words, radii, shares, dhidden, drows):
    """Write for each row near the positions the gradient that it has from their means."""
    both_sides, dimension = len(words) - len(radii), drows.shape[1]
    drows[:] = 0
    for n in range(len(radii)):
        here = n + both_sides // 2
        for d in range(dimension):
            dhidden[n, d] *= shares[n]
        for j in range(here - radii[n], here + radii[n] + 1):
            if j != here and words[j] >= 0:
                for d in range(dimension):
                    drows[j, d] += dhidden[n, d]


@njit(inline="always")
def _against_targets(W_out, targets, hidden, scale, dhidden, dtargets):
    """Write the gradients of the targets' rows, add to those of hidden vectors, return the loss."""
    dimension = hidden.shape[1]
    scores = np.empty(len(targets), np.float32)
    count = 0
    for n in range(len(targets)):
        if targets[n] >= 0:
            score = np.float32(0)
            for d in range(dimension):
                score += hidden[n, d] * W_out[targets[n], d]
            scores[count] = score
            count += 1
    loss = _errors_of_words(scores[:count], scale)
    count = 0
    for n in range(len(targets)):
        if targets[n] >= 0:
            error = scores[count]
            count += 1
            for d in range(dimension):
                dtargets[n, d] = error * hidden[n, d]
                dhidden[n, d] += error * W_out[targets[n], d]
    return loss


@njit(inline="always")
def _against_contexts(rows, words, radii, hidden, scale, dhidden, drows):
    """Write the gradients of the rows near the positions, add to those of hidden vectors, return the loss."""
    both_sides, dimension = len(words) - len(radii), hidden.shape[1]
    scores = np.empty(len(radii) * both_sides, np.float32)
    count = 0
    for n in range(len(radii)):
        here = n + both_sides // 2
        for j in range(here - radii[n], here + radii[n] + 1):
            if j != here and words[j] >= 0 and words[here] >= 0:
                score = np.float32(0)
                for d in range(dimension):
                    score += hidden[n, d] * rows[j, d]
                scores[count] = score
                count += 1
    loss = _errors_of_words(scores[:count], scale)
    drows[:] = 0
    count = 0
    for n in range(len(radii)):
        here = n + both_sides // 2
        for j in range(here - radii[n], here + radii[n] + 1):
            if j != here and words[j] >= 0 and words[here] >= 0:
                error = scores[count]
                count += 1
                for d in range(dimension):
                    drows[j, d] += error * hidden[n, d]
                    dhidden[n, d] += error * rows[j, d]
    return loss


@njit(inline="always")
def _errors_of_words(scores, scale):
    """Turn scores into -sigmoid(-score) * scale; return the sum of scale * log(1 + exp(-score))."""
    one, zero = np.float32(1), np.float32(0)
    loss = 0.0
    for start in range(0, len(scores), _FACTORS):
        some = scores[start : start + _FACTORS]
        linear, product = zero, one
        for k in range(len(some)):
            score = some[k]
            small = fast_exp(-abs(score))
            linear += max(-score, zero)
            product *= one + small
            some[k] = -(small if score > zero else one) / (one + small) * scale
        loss += linear + np.log(product)
    return loss * scale


def _group(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return places ordered by row number, the row numbers that occur, where each begins and the last ends.

    Row number and place make one number, so that sorting is stable, and takes no time for rows not there.
    """
    places = np.flatnonzero(rows >= 0)
    keys = (rows[places].astype(np.int64) << 32) | places
    keys.sort()
    ordered = keys >> 32
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))[: len(keys)]
    return (keys & 0xFFFFFFFF).astype(np.int32), ordered[starts], np.append(starts, len(keys))


@njit(nogil=True, cache=True)
def _sum_rows(order, bounds, values, sums):
    dimension = sums.shape[1]
    for k in range(len(sums)):
        for column in range(0, dimension, WIDTH):
            column = min(column, dimension - WIDTH)
            total = load_row(values, order[bounds[k]], column)
            for place in range(bounds[k] + 1, bounds[k + 1]):
                total = add_multiple(total, np.float32(1), load_row(values, order[place], column))
            store_row(sums, k, column, total)
