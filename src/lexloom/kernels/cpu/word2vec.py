"""CBOW and skip-gram with negative sampling on the CPU: loss and row gradients.

For tables W_in, W_out (V, D) and B positions of a text, h is a hidden vector: the mean of the input rows in
the window (CBOW), or the input row of the word at the position (skip-gram)::

    loss = sum of -log sigmoid(W_out[word] . h)                 word to predict
         + weight * sum of -log sigmoid(-W_out[sample] . h)     samples, shared by a block of positions

`Reference.cbow` and `Reference.skip_gram` define the weights and the gradients. From there to here:

1. Pieces and strips. A batch is cut into pieces of about 1,024 positions, each on one thread, and a piece
   into strips of 64 positions, whose vectors stay in the cache from the windows to the gradients.
2. Matrix products with shared samples. A block of positions and its samples are multiplied as small matrices,
   which is as fast as large products. They take a third of the time of a piece.
3. Windows as differences of running sums. A window of CBOW costs four rows, whatever its size; its gradients
   are spread in the same way, by running sums of differences.
4. Gradients summed by piece. Each piece numbers its distinct words and sums their gradients in one small
   array, so no two threads write to the same row, and the optimizer reads each row of a piece once.
"""

from collections.abc import Callable

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.registers import WIDTH, aligned_rows
from lexloom.kernels.cpu.machine.thread_pool import run_tiles
from lexloom.kernels.cpu.rows import unseen
from lexloom.kernels.cpu.word2vec_steps import (
    PieceGradients,
    SampleMemory,
    add_changes,
    add_to_places,
    against_contexts,
    against_samples,
    against_targets,
    average,
    gather,
    running_sums,
    spread,
    weights_of,
    words_around,
)
from lexloom.kernels.reference.word2vec import Reference
from lexloom.kernels.tiles import cut

_PIECE = 1024  # approximate number of positions in a piece
_PIECES = 4  # minimum number of pieces, if there are as many blocks: this many threads have work
_STRIP = 64  # approximate number of positions in a strip
# Lets the compiler vectorize sums. All code that is compiled with these flags is inlined into one function.
# If it were called instead, the process that compiles it and a process that loads it from the cache might use
# versions that add in different orders.
_FREE_ORDER = {"reassoc", "contract", "nsz"}

Rows = tuple[np.ndarray, np.ndarray]


class Cpu(Reference):
    """CBOW and skip-gram with negative sampling."""

    def cbow(
        self,
        W_in: np.ndarray,
        W_out: np.ndarray,
        ids: np.ndarray,
        radii: np.ndarray,
        samples: np.ndarray,
        weight: float,
    ) -> tuple[float, Rows, Rows]:
        """Return the loss and the row gradients of both tables; see `Reference.cbow`.

        float64 and vectors of fewer than 16 numbers fall back to the reference implementation.
        """
        if W_in.dtype != np.float32 or W_in.shape[1] < WIDTH:
            return super().cbow(W_in, W_out, ids, radii, samples, weight)
        batch = _Batch(ids, radii, samples)
        inputs = _Gradients(W_in, batch, near=True, sampled=False)
        outputs = _Gradients(W_out, batch, near=False, sampled=True)
        predictions = int(np.count_nonzero(batch.targets >= 0))
        return batch.gradients(_cbow, inputs, outputs, weight, predictions)

    def skip_gram(
        self,
        W_in: np.ndarray,
        W_out: np.ndarray,
        ids: np.ndarray,
        radii: np.ndarray,
        samples: np.ndarray,
        weight: float,
    ) -> tuple[float, Rows, Rows]:
        """Return the loss and the row gradients of both tables; see `Reference.skip_gram`.

        float64 and vectors of fewer than 16 numbers fall back to the reference implementation.
        """
        if W_in.dtype != np.float32 or W_in.shape[1] < WIDTH:
            return super().skip_gram(W_in, W_out, ids, radii, samples, weight)
        batch = _Batch(ids, radii, samples)
        inputs = _Gradients(W_in, batch, near=False, sampled=False)
        outputs = _Gradients(W_out, batch, near=True, sampled=True)
        return batch.gradients(_skip_gram, inputs, outputs, weight, _pairs(ids, radii))


class _Batch:
    """A batch, cut into pieces of whole blocks of positions."""

    def __init__(self, ids: np.ndarray, radii: np.ndarray, samples: np.ndarray):
        self.ids, self.radii, self.samples = ids, radii, samples
        block, self.both_sides = len(radii) // len(samples), len(ids) - len(radii)
        self.blocks = cut(len(samples), max(1, min(_PIECE, len(radii) // _PIECES) // block))
        self.cuts = np.array([0, *(block * piece.stop for piece in self.blocks)])
        self.targets = ids[self.both_sides // 2 :][: len(radii)]

    def gradients(
        self, compute: Callable, inputs: "_Gradients", outputs: "_Gradients", weight: float, predictions: int
    ) -> tuple[float, Rows, Rows]:
        """Return the loss and the row gradients; `compute` is called with one piece at a time."""
        losses = np.zeros(len(self.blocks))
        factors = np.float32(1 / max(1, predictions)), np.float32(weight)
        # Made at once: between two pieces, Python would find its own data gone from the caches.
        arguments = [
            (*self.piece(number), *factors, inputs.of_piece(number), outputs.of_piece(number))
            for number in range(len(self.blocks))
        ]

        def work(number: int) -> None:
            losses[number] = compute(*arguments[number])

        run_tiles(work, range(len(self.blocks)))
        return losses.sum(), inputs.rows(), outputs.rows()

    def piece(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the words, radii and samples of a piece."""
        start, stop = self.cuts[number], self.cuts[number + 1]
        text = self.ids[start : stop + self.both_sides], self.radii[start:stop]
        return *text, self.samples[self.blocks[number]]


class _Gradients:
    """The row gradients of a table, which each piece sums for its own words.

    The words of a piece are its samples if `sampled`, then the words at its positions, or also those in the
    windows around them if `near`.
    """

    def __init__(self, table: np.ndarray, batch: _Batch, near: bool, sampled: bool):
        self.table = table
        self.words, self.firsts, self.places, self.place_firsts = _number(
            batch.ids, batch.samples, batch.cuts, near, sampled, unseen(len(table))
        )
        self.sums = aligned_rows(len(self.words), -(-table.shape[1] // WIDTH) * WIDTH)

    def of_piece(self, number: int) -> PieceGradients:
        """Return the table and what belongs to one piece."""
        sums = self.sums[self.firsts[number] : self.firsts[number + 1]]
        places = self.places[self.place_firsts[number] : self.place_firsts[number + 1]]
        return PieceGradients(self.table, sums, places)

    def rows(self) -> Rows:
        """Return the rows, each once for each piece that has it, and their gradients."""
        return self.words, self.sums[:, : self.table.shape[1]]


@njit(nogil=True, cache=True)
def _number(ids, samples, cuts, near, sampled, numbers):
    """Give the distinct words of each piece consecutive numbers, in the order of first occurrence.

    Returns
    -------
    words, firsts
        The distinct words of all pieces, and where those of each piece begin.
    places, place_firsts
        The number of each word of the samples and the text of a piece, -1 for no word, and where those of
        each piece begin.
    """
    both_sides, block = len(ids) - cuts[-1], cuts[-1] // len(samples)
    beyond, side = (both_sides, 0) if near else (0, both_sides // 2)
    most = cuts[-1] + beyond * (len(cuts) - 1) + samples.size * sampled
    words, places = np.empty(most, np.int32), np.empty(most, np.int32)
    firsts, place_firsts = np.zeros(len(cuts), np.int64), np.zeros(len(cuts), np.int64)
    count = place = 0
    for piece in range(len(cuts) - 1):
        first = count
        of_piece = samples[cuts[piece] // block : cuts[piece + 1] // block].reshape(-1)
        text = ids[side + cuts[piece] : side + cuts[piece + 1] + beyond]
        for some in (of_piece[: sampled * of_piece.size], text):
            for word in some:
                places[place] = -1
                if word >= 0:
                    if numbers[word] < first:
                        numbers[word] = count
                        words[count] = word
                        count += 1
                    places[place] = numbers[word] - first
                place += 1
        firsts[piece + 1], place_firsts[piece + 1] = count, place
    for word in words[:count]:
        numbers[word] = -1
    return words[:count], firsts, places, place_firsts


@njit(inline="always")
def _zeros(count, width):
    """Return aligned rows of zeros (count, width)."""
    rows = aligned_rows(count, width)
    rows[:] = 0
    return rows


@njit(nogil=True, cache=True, fastmath=_FREE_ORDER, error_model="numpy")
def _cbow(words, radii, samples, scale, weight, inputs, outputs):
    """Write the gradients of one piece, and return its loss."""
    window, width, block = (len(words) - len(radii)) // 2, inputs.sums.shape[1], len(radii) // len(samples)
    inputs.sums[:] = 0
    outputs.sums[:] = 0
    target_places = outputs.places[samples.size :]
    strip = block * max(1, _STRIP // block)
    running, changes = _zeros(strip + 2 * window + 1, width), _zeros(strip + 2 * window + 1, width)
    hidden, dhidden, rows = _zeros(strip, width), _zeros(strip, width), _zeros(strip, width)
    count = samples.shape[1]
    vectors = -(-count // WIDTH)
    columns = aligned_rows(vectors * width, WIDTH).reshape(vectors, width, WIDTH)
    scores = np.empty((block, count), np.float32)
    work = SampleMemory(scores, _zeros(count, width), columns, _zeros(count, width))
    loss = 0.0
    for start in range(0, len(radii), strip):
        stop = min(start + strip, len(radii))
        near, at = words[start : stop + 2 * window], radii[start:stop]
        targets, counts = near[window : window + len(at)], words_around(near, at)
        weights = weights_of(targets, scale * weight)
        running_sums(inputs.table, near, running)
        average(running, at, counts, hidden)
        some, places = samples[start // block : stop // block], outputs.places[start // block * count :]
        loss += against_samples(outputs, some, places, hidden, weights, work, dhidden)
        gather(outputs.table, targets, rows)
        places = target_places[start:stop]
        loss += against_targets(rows, targets, places, outputs.sums, hidden, scale, dhidden)
        spread(at, counts, targets, dhidden, changes)
        add_changes(inputs.places[start : stop + 2 * window], changes, dhidden, inputs.sums)
    return loss


@njit(nogil=True, cache=True, fastmath=_FREE_ORDER, error_model="numpy")
def _skip_gram(words, radii, samples, scale, weight, inputs, outputs):
    """Write the gradients of one piece, and return its loss."""
    window, width, block = (len(words) - len(radii)) // 2, inputs.sums.shape[1], len(radii) // len(samples)
    inputs.sums[:] = 0
    outputs.sums[:] = 0
    near_places = outputs.places[samples.size :]
    strip = block * max(1, _STRIP // block)
    rows, drows = _zeros(strip + 2 * window, width), _zeros(strip + 2 * window, width)
    hidden, dhidden = _zeros(strip, width), _zeros(strip, width)
    count = samples.shape[1]
    vectors = -(-count // WIDTH)
    columns = aligned_rows(vectors * width, WIDTH).reshape(vectors, width, WIDTH)
    scores = np.empty((block, count), np.float32)
    work = SampleMemory(scores, _zeros(count, width), columns, _zeros(count, width))
    loss = 0.0
    for start in range(0, len(radii), strip):
        stop = min(start + strip, len(radii))
        near, at = words[start : stop + 2 * window], radii[start:stop]
        weights = words_around(near, at) * (scale * weight)
        gather(inputs.table, near[window : window + len(at)], hidden)
        some, places = samples[start // block : stop // block], outputs.places[start // block * count :]
        loss += against_samples(outputs, some, places, hidden, weights, work, dhidden)
        gather(outputs.table, near, rows)
        loss += against_contexts(rows, near, at, hidden, scale, dhidden, drows)
        add_to_places(inputs.places[start:stop], dhidden, inputs.sums)
        add_to_places(near_places[start : stop + 2 * window], drows, outputs.sums)
    return loss


@njit(nogil=True, cache=True)
def _pairs(ids, radii):
    """Return the total number of words in all windows."""
    return words_around(ids, radii).sum()
