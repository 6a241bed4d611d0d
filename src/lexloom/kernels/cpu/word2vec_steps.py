"""CBOW and skip-gram on a strip of the text: the steps that `cpu_word2vec` puts together, compiled into it.

A strip has positions, and the words near them: those at the positions and a window on either side. Rows have
a width that is a multiple of WIDTH, with zeros beyond the dimension of the table.
"""

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  compiled code multiplies by it: threads are set after it is there

from lexloom.kernels.cpu.machine.compiled import njit
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


@njit(inline="always")
def words_around(words, radii):
    """Return how many words are around each position, 0 where none is at it."""
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
def gather(table, words, rows):
    """Write the rows of a table, as far as they go; zeros where there is no word."""
    for k in range(len(words)):
        if words[k] < 0:
            rows[k] = 0
        else:
            for column in range(0, table.shape[1], WIDTH):
                column = min(column, table.shape[1] - WIDTH)
                store_row(rows, k, column, load_row(table, words[k], column))


@njit(inline="always")
def running_sums(table, words, sums):
    """Write the sums of the rows of the first 1, 2, ... words, after the zeros of none."""
    for k in range(len(words)):
        word = words[k]
        if word < 0:
            sums[k + 1] = sums[k]
        else:
            for column in range(0, table.shape[1], WIDTH):
                column = min(column, table.shape[1] - WIDTH)
                store_row(
                    sums, k + 1, column, add_rows(load_row(sums, k, column), load_row(table, word, column))
                )


@njit(inline="always")
def average(running, radii, counts, hidden):
    """Write for each position the mean of the rows around it, from their running sums."""
    window = (len(running) - len(hidden)) // 2
    for n in range(len(radii)):
        here, share = n + window, np.float32(1) / max(np.float32(1), counts[n])
        first, last = here - radii[n], here + radii[n] + 1
        for column in range(0, hidden.shape[1], WIDTH):
            left = subtract_rows(load_row(running, here, column), load_row(running, first, column))
            right = subtract_rows(load_row(running, last, column), load_row(running, here + 1, column))
            store_row(hidden, n, column, add_multiple(zero_row(hidden), share, add_rows(left, right)))


@njit(inline="always")
def against_samples(W_out, samples, places, sums, hidden, weights, scores, rows, drows, dhidden):
    """Write the gradients of hidden vectors, add those of the samples of their blocks, return the loss.

    The samples (blocks, S) and their places (blocks * S,) are of these positions; scores (share, S), rows and
    drows (S, width) are memory to work in.
    """
    share, count = scores.shape
    loss = 0.0
    for block in range(len(samples)):
        at = slice(block * share, (block + 1) * share)
        gather(W_out, samples[block], rows)
        np.dot(hidden[at], rows.T, scores)
        loss += _errors_of_samples(scores, weights[at])
        np.dot(scores, rows, dhidden[at])
        np.dot(scores.T, hidden[at], drows)
        add_to_places(places[block * count : (block + 1) * count], drows, sums)
    return loss


@njit(inline="always")
def add_to_places(places, rows, sums):
    """Add rows to the sums at their places, where they have one."""
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
    """Add the gradients of the targets' rows and those of hidden vectors, return the loss."""
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
    """Turn gradients of means into those of a row around; add where they begin, subtract where they end."""
    window = (len(changes) - len(dhidden)) // 2
    for n in range(len(radii)):
        if targets[n] >= 0:
            share = np.float32(1) / max(np.float32(1), counts[n])
            first, last = n + window - radii[n], n + window + radii[n] + 1
            for column in range(0, dhidden.shape[1], WIDTH):
                row = add_multiple(zero_row(dhidden), share, load_row(dhidden, n, column))
                store_row(dhidden, n, column, row)
                store_row(changes, first, column, add_rows(load_row(changes, first, column), row))
                store_row(changes, last, column, subtract_rows(load_row(changes, last, column), row))


@njit(inline="always")
def add_changes(places, changes, dhidden, sums):
    """Add the gradients of the rows near the positions: running sums of changes, which become zeros.

    A position's own gradient is taken out again, since no word is around itself.
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
    """Write the gradients of the rows near the positions, add to those of hidden vectors, return the loss."""
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
