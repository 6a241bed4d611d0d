"""Probabilistic context-free grammars: random sentences, and the exact probability of each word.

A symbol is a word (a string), or a tuple of a rule and its arguments. A rule is a function that returns its
alternatives: pairs of a weight and the symbols that replace it. Weights need not sum to 1. Arguments carry
the features that must agree, however far apart the words are::

    def sentence():
        return [(3, [(noun, "singular"), "sleeps"]), (1, [(noun, "plural"), "sleep"])]

    def noun(number):
        return [(1, ["cat" if number == "singular" else "cats"])]

Every alternative must have at least one symbol, and none may begin with the symbol that it replaces.
"""

from bisect import bisect
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import TypeAlias

import numpy as np

Symbol: TypeAlias = str | tuple
Alternatives: TypeAlias = list[tuple[float, Sequence[Symbol]]]
Futures: TypeAlias = dict[tuple[Symbol, ...], float]  # sequences of symbols, each with its probability


class Grammar:
    """A grammar, given by its start symbol.

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
        """Return the words of a random sentence."""
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
        """Return the log probability of each word and of the sentence end, given the words before it.

        All derivations are followed at once: after each word, the possible sequences of remaining symbols are
        known with their probabilities. The algorithm of Stolcke (1995), "An efficient probabilistic
        context-free parsing algorithm that computes prefix probabilities", gives the same numbers and also
        handles left recursion.

        Parameters
        ----------
        words : sequence of str
            One sentence.

        Returns
        -------
        log_probabilities : (len(words) + 1,) float64 array
            Natural logarithms, whose sum is the log probability of the sentence. They are -inf from the first
            word that the grammar does not allow.
        """
        result = np.full(len(words) + 1, -np.inf)
        futures: Futures = {(self.start,): 1.0}
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

    def _after(self, futures: Futures, word: str) -> Futures:
        """Return the symbols that can remain after a word, each with the joint probability of the word."""
        after: Futures = {}
        for future, weight in futures.items():
            if future:
                for rest, probability in self._beginnings(future[0]).get(word, {}).items():
                    key = rest + future[1:]
                    after[key] = after.get(key, 0.0) + weight * probability
        return after

    def _find_beginnings(self, symbol: Symbol) -> dict[str, Futures]:
        """Return the words that a symbol can begin with; for each, what remains and its probability."""
        if isinstance(symbol, str):
            return {symbol: {(): 1.0}}
        beginnings: dict[str, Futures] = {}
        bounds, expansions = self._expansions(symbol)
        for weight, (head, *tail) in zip(np.diff(bounds, prepend=0.0).tolist(), expansions, strict=True):
            for word, rests in self._beginnings(head).items():
                remaining = beginnings.setdefault(word, {})
                for rest, probability in rests.items():
                    key = (*rest, *tail)
                    remaining[key] = remaining.get(key, 0.0) + weight * probability
        return beginnings


def _expansions(symbol: tuple) -> tuple[list[float], list[Sequence[Symbol]]]:
    """Return the cumulative probabilities of the alternatives of a symbol, and the alternatives."""
    rule, *arguments = symbol
    weights, expansions = zip(*rule(*arguments), strict=True)
    total = sum(weights)
    return [bound / total for bound in accumulate(weights)], list(expansions)
