"""The steps of CBOW and skip-gram on a strip of text, compiled into the two functions of word2vec.py.

A strip of B positions has window + B + window words: those at the positions and a window on either side. The
width of rows is a multiple of WIDTH, with zeros beyond the dimension D of the table, so that a row is a whole
number of vectors (machine/registers.py). CBOW uses running sums: with r[k] the sum of the input rows of the
first k words, i = n + window the word at position n, first = i - radius and last = i + radius + 1::

    h[n] = (r[last] - r[i + 1] + r[i] - r[first]) / count

Its gradients go the other way: dh[n] / count is added to changes[first] and subtracted from changes[last],
and the running sum of changes is the gradient of each row, but for that of its own position.

Loss and derivative of a score s are log(1 + exp(-s)) and -sigmoid(-s) for a word to predict, log(1 + exp(s))
and sigmoid(s) for a sample. log1p is a polynomial (machine/math.py), so that the compiler can vectorize it.
"""

from typing import NamedTuple

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.gemm import lay_out_transposed, multiply
from lexloom.kernels.cpu.machine.math import fast_exp, fast_log1p
from lexloom.kernels.cpu.machine.registers import (
    WIDTH,
    add_multiple,
    add_product,
    add_rows,
    add_up,
    load_row,
    store_row,
    subtract_rows,
    zero_row,
)


class PieceGradients(NamedTuple):
    """A table and the row gradients of a piece of text.

    Attributes
    ----------
    table : (V, D) array
    sums : (words, width) array
        The gradient of each distinct word of the piece.
    places : (samples and text of the piece,) int array
        The row of `sums` for each word, -1 for no word.
    """

    table: np.ndarray
    sums: np.ndarray
    places: np.ndarray


class SampleMemory(NamedTuple):
    """Work memory of `against_samples` for positions of a block and S samples.

    Attributes
    ----------
    scores : (positions, S) array
    rows, drows : (S, width) arrays
    columns : (S in whole vectors, width, LANES) array
        The transpose of `rows` in panels (machine/gemm.py).
    """

    scores: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    drows: np.ndarray


@njit(inline="always")
def words_around(words, radii):
    """Return the number of words in the window of each position, 0 if the position has no word."""
    window = (len(words) - len(radii)) // 2
    before, counts = np.zeros(len(words) + 1, np.int32), np.zeros(len(radii), np.float32)
    for j in range(len(words)):
        before[j + 1] = before[j] + (words[j] >= 0)
    for n in range(len(radii)):
        here = n + window
        if words[here] >= 0:
            counts[n] = before[here + radii[n] + 1] - before[here - radii[n]] - 1
    return counts


@njit(inline="always")
def weights_of(targets, weight):
    """Return the weight of the samples at each position, 0 if it has no word."""
    weights = np.zeros(len(targets), np.float32)
    for n in range(len(targets)):
        if targets[n] >= 0:
            weights[n] = weight
    return weights


@njit(inline="always")
def gather(table, words, rows):
    """Copy the rows of some words, up to the dimension of the table; write zeros where there is no word."""
    for k in range(len(words)):
        if words[k] < 0:
            rows[k] = 0
        else:
            for column in range(0, table.shape[1], WIDTH):
                column = min(column, table.shape[1] - WIDTH)
                store_row(rows, k, column, load_row(table, words[k], column))


@njit(inline="always")
def running_sums(table, words, sums):
    """Write the sums of the rows of the first 1, 2, ... words to sums[1], sums[2], ...; sums[0] is 0."""
    for k in range(len(words)):
        word = words[k]
        for column in range(0, table.shape[1], WIDTH):
            column = min(column, table.shape[1] - WIDTH)
            total = load_row(sums, k, column)
            if word >= 0:
                total = add_rows(total, load_row(table, word, column))
            store_row(sums, k + 1, column, total)


@njit(inline="always")
def average(running, radii, counts, hidden):
    """Write the mean of the rows in the window of each position, from running sums."""
    window = (len(running) - len(hidden)) // 2
    for n in range(len(radii)):
        here, factor = n + window, np.float32(1) / max(np.float32(1), counts[n])
        first, last = here - radii[n], here + radii[n] + 1
        for column in range(0, hidden.shape[1], WIDTH):
            left = subtract_rows(load_row(running, here, column), load_row(running, first, column))
            right = subtract_rows(load_row(running, last, column), load_row(running, here + 1, column))
            store_row(hidden, n, column, add_multiple(zero_row(hidden), factor, add_rows(left, right)))


@njit(inline="always")
def against_samples(outputs, samples, places, hidden, weights, work, dhidden):
    """Compare hidden vectors with the samples of their blocks; return the loss.

    Writes dhidden, and adds the gradients of the samples to outputs.sums. The samples (blocks, S) and their
    places (blocks * S,) are those of the strip.
    """
    scores, rows, columns, drows = work
    positions, count = scores.shape
    loss = 0.0
    for block in range(len(samples)):
        at = slice(block * positions, (block + 1) * positions)
        gather(outputs.table, samples[block], rows)
        lay_out_transposed(rows, 0, rows.shape[1], columns)
        multiply(hidden[at], columns, scores, False)
        loss += _errors_of_samples(scores, weights[at])
        multiply(scores, rows, dhidden[at], False)
        multiply(scores.T, hidden[at], drows, False)
        add_to_places(places[block * count : (block + 1) * count], drows, outputs.sums)
    return loss


@njit(inline="always")
def add_to_places(places, rows, sums):
    """Add rows to the sums at their places; skip those with place -1."""
    for k in range(len(places)):
        place = places[k]
        if place >= 0:
            for column in range(0, sums.shape[1], WIDTH):
                store_row(
                    sums, place, column, add_rows(load_row(sums, place, column), load_row(rows, k, column))
                )


@njit(inline="always")
def _errors_of_samples(scores, weights):
    """Turn scores into sigmoid(score) * weight; return the sum of weight * log(1 + exp(score))."""
    one, zero = np.float32(1), np.float32(0)
    losses = np.zeros(scores.shape[1], np.float32)
    for n in range(len(scores)):
        for s in range(scores.shape[1]):
            score = scores[n, s]
            small = fast_exp(-abs(score))
            losses[s] += weights[n] * (max(score, zero) + fast_log1p(small))
            scores[n, s] = (one if score > zero else small) / (one + small) * weights[n]
    return losses.sum()


@njit(inline="always")
def against_targets(rows, targets, places, sums, hidden, scale, dhidden):
    """Compare hidden vectors with their targets; add to `sums` and dhidden, and return the loss."""
    scores = np.empty(len(targets), np.float32)
    count = 0
    for n in range(len(targets)):
        if targets[n] >= 0:
            scores[count] = _dot(hidden, n, rows, n)
            count += 1
    loss = _errors_of_words(scores[:count], scale)
    count = 0
    for n in range(len(targets)):
        if targets[n] >= 0:
            error, place = scores[count], places[n]
            count += 1
            for column in range(0, sums.shape[1], WIDTH):
                row, h = load_row(rows, n, column), load_row(hidden, n, column)
                store_row(sums, place, column, add_multiple(load_row(sums, place, column), error, h))
                store_row(dhidden, n, column, add_multiple(load_row(dhidden, n, column), error, row))
    return loss


@njit(inline="always")
def _dot(left, n, right, k):
    """Return the dot product of two rows."""
    total = zero_row(left)
    for column in range(0, left.shape[1], WIDTH):
        total = add_product(total, load_row(left, n, column), load_row(right, k, column))
    return add_up(total)


@njit(inline="always")
def spread(radii, counts, targets, dhidden, changes):
    """Turn the gradient of each mean into that of one row, and note where it starts and ends.

    The gradient is added to `changes` where the window starts, and subtracted where it ends.
    """
    window = (len(changes) - len(dhidden)) // 2
    for n in range(len(radii)):
        if targets[n] >= 0:
            factor = np.float32(1) / max(np.float32(1), counts[n])
            first, last = n + window - radii[n], n + window + radii[n] + 1
            for column in range(0, dhidden.shape[1], WIDTH):
                row = add_multiple(zero_row(dhidden), factor, load_row(dhidden, n, column))
                store_row(dhidden, n, column, row)
                store_row(changes, first, column, add_rows(load_row(changes, first, column), row))
                store_row(changes, last, column, subtract_rows(load_row(changes, last, column), row))


@njit(inline="always")
def add_changes(places, changes, dhidden, sums):
    """Add the gradient of each row of the strip, a running sum of `changes`; reset `changes` to 0.

    The gradient of a position is subtracted from its own row, since a window does not include its middle.
    """
    window = (len(changes) - len(dhidden)) // 2
    for j in range(len(places)):
        place, n = places[j], j - window
        for column in range(0, sums.shape[1], WIDTH):
            total = load_row(changes, j, column)
            store_row(changes, j, column, zero_row(changes))
            store_row(changes, j + 1, column, add_rows(load_row(changes, j + 1, column), total))
            if place >= 0:
                if 0 <= n < len(places) - 2 * window:
                    total = subtract_rows(total, load_row(dhidden, n, column))
                store_row(sums, place, column, add_rows(load_row(sums, place, column), total))
    changes[len(places)] = 0


@njit(inline="always")
def against_contexts(rows, words, radii, hidden, scale, dhidden, drows):
    """Compare hidden vectors with the rows in their windows; write drows, add to dhidden, return the loss."""
    window = (len(words) - len(radii)) // 2
    pairs = np.empty((len(radii) * 2 * window, 2), np.int32)
    scores = np.empty(len(pairs), np.float32)
    count = 0
    for n in range(len(radii)):
        here = n + window
        for j in range(here - radii[n], here + radii[n] + 1):
            if j != here and words[j] >= 0 and words[here] >= 0:
                scores[count] = _dot(hidden, n, rows, j)
                pairs[count, 0], pairs[count, 1] = n, j
                count += 1
    loss = _errors_of_words(scores[:count], scale)
    drows[: len(words)] = 0
    for k in range(count):
        n, j, error = pairs[k, 0], pairs[k, 1], scores[k]
        for column in range(0, rows.shape[1], WIDTH):
            row, h = load_row(rows, j, column), load_row(hidden, n, column)
            store_row(drows, j, column, add_multiple(load_row(drows, j, column), error, h))
            store_row(dhidden, n, column, add_multiple(load_row(dhidden, n, column), error, row))
    return loss


@njit(inline="always")
def _errors_of_words(scores, scale):
    """Turn scores into -sigmoid(-score) * scale; return the sum of scale * log(1 + exp(-score))."""
    one, zero = np.float32(1), np.float32(0)
    loss = 0.0
    for k in range(len(scores)):
        score = scores[k]
        small = fast_exp(-abs(score))
        loss += max(-score, zero) + fast_log1p(small)
        scores[k] = -(small if score > zero else one) / (one + small) * scale
    return loss * scale
