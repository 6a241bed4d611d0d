"""Probabilistic context-free grammars: random sentences, and the exact probability of each word.

A symbol is a word (a string), or a tuple of a rule and its arguments. A rule is a function that returns its
alternatives, pairs of a weight and the symbols that it may become. Weights need not sum to 1. The arguments
carry what has to agree, however far apart the words are::

    def sentence():
        return [(3, [(noun, "singular"), "sleeps"]), (1, [(noun, "plural"), "sleep"])]

    def noun(number):
        return [(1, ["cat" if number == "singular" else "cats"])]

Every alternative must have a symbol, and none may begin with the symbol that it comes from.
"""

from bisect import bisect
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import TypeAlias

import numpy as np

Symbol: TypeAlias = str | tuple
Alternatives: TypeAlias = list[tuple[float, list[Symbol]]]


class Grammar:
    """A grammar, from its start symbol.

    Parameters
    ----------
    start : tuple
        A rule and its arguments.
    """

    def __init__(self, start: Symbol):
        self.start = start
        self._expansions = cache(_expansions)
        self._beginnings = cache(self._find_beginnings)

    def sentence(self, rng: np.random.Generator) -> list[str]:
        """Return the words of a sentence drawn at random."""
        words, stack = [], [self.start]
        while stack:
            symbol = stack.pop()
            if isinstance(symbol, str):
                words.append(symbol)
            else:
                bounds, expansions = self._expansions(symbol)
                stack += reversed(expansions[bisect(bounds, rng.random(), hi=len(bounds) - 1)])
        return words

    def log_probabilities(self, words: Sequence[str]) -> np.ndarray:
        """Return the log of the probability of each word, given the words before it, and of the end.

        All derivations are followed at once: after each word, the symbols that may still be to come are known
        with their probabilities. Stolcke (1995), "An efficient probabilistic context-free parsing algorithm
        that computes prefix probabilities", finds the same numbers, for grammars with left recursion too.

        Parameters
        ----------
        words : sequence of str
            One sentence.

        Returns
        -------
        log_probabilities : (len(words) + 1,) float64 array
            Natural logarithms; they sum to that of the sentence's probability. From the first word on that
            cannot follow, they are -inf.
        """
        result = np.full(len(words) + 1, -np.inf)
        futures = {(self.start,): 1.0}
        for position, word in enumerate(words):
            futures = self._after(futures, word)
            total = sum(futures.values())
            if not total:
                return result
            result[position] = np.log(total)
            futures = {future: weight / total for future, weight in futures.items()}
        if () in futures:
            result[-1] = np.log(futures[()])
        return result

    def _after(self, futures: dict[tuple, float], word: str) -> dict[tuple, float]:
        """Return what may be to come after a word, with the joint probability of the word."""
        after: dict[tuple, float] = {}
        for future, weight in futures.items():
            if future:
                for rest, probability in self._beginnings(future[0]).get(word, {}).items():
                    key = rest + future[1:]
                    after[key] = after.get(key, 0.0) + weight * probability
        return after

    def _find_beginnings(self, symbol: Symbol) -> dict[str, dict[tuple, float]]:
        """Return with which words a symbol can begin, and for each, what is left and how likely that is."""
        if isinstance(symbol, str):
            return {symbol: {(): 1.0}}
        found: dict[str, dict[tuple, float]] = {}
        bounds, expansions = self._expansions(symbol)
        for weight, (head, *tail) in zip(np.diff(bounds, prepend=0.0).tolist(), expansions, strict=True):
            for word, rests in self._beginnings(head).items():
                place = found.setdefault(word, {})
                for rest, probability in rests.items():
                    key = (*rest, *tail)
                    place[key] = place.get(key, 0.0) + weight * probability
        return found


def _expansions(symbol: tuple) -> tuple[list[float], list[list[Symbol]]]:
    """Return the alternatives of a symbol with the running sums of their probabilities."""
    rule, *arguments = symbol
    weights, expansions = zip(*rule(*arguments), strict=True)
    total = sum(weights)
    return [bound / total for bound in accumulate(weights)], list(expansions)
