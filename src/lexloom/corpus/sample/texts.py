"""The sample corpus: texts in the sample language, with their word classes and analogies."""

from collections.abc import Iterable
from itertools import chain, permutations, zip_longest
from typing import TypeVar

import numpy as np

from lexloom.corpus.sample import lexicon
from lexloom.corpus.sample.grammar import Grammar
from lexloom.corpus.sample.language import sentence
from lexloom.errors import check_whole
from lexloom.settings.generate import SHARES

Item = TypeVar("Item")

_PAIRS = 15

GRAMMAR = Grammar((sentence,))


def generate_texts(tokens: int, rng: np.random.Generator) -> dict[str, list[str]]:
    """Return the lines of train, valid and test.

    Parameters
    ----------
    tokens : int
        The size of all three together: words, and one line end per line. A part ends with the line in which
        it reaches its proportion.
    rng : Generator
    """
    return {name: _lines(share * tokens, rng) for name, share in SHARES.items()}


def sample_sentences(tokens: int = 10_000, seed: int = 1) -> list[str]:
    """Return sentences of the sample language, a small English, to try things on without a download.

    Parameters
    ----------
    tokens : int
        The size of the text: words, and one sentence end per sentence. The last sentence is complete.
    seed : int
        The same seed gives the same sentences.

    Returns
    -------
    list of str

    Examples
    --------
    >>> sample_sentences(tokens=10)
    ['hugo sailed to madrid', 'now all purple tigers slowly wait near every garden']
    """
    check_whole("tokens", tokens, 1)
    check_whole("seed", seed, 0)
    return _lines(tokens, np.random.default_rng(seed))


def _lines(tokens: float, rng: np.random.Generator) -> list[str]:
    lines, count = [], 0
    while count < tokens:
        words = GRAMMAR.sentence(rng)
        lines.append(" ".join(words))
        count += len(words) + 1
    return lines


def perplexity(grammar: Grammar, lines: list[str]) -> float:
    """Return the perplexity of lines under the grammar that generated them, over all words and line ends.

    It is the exponential of minus the mean log probability of a token, given all tokens before it. No model
    can expect a lower one, because the probabilities of the grammar are the true ones and lines are
    independent.
    """
    return float(np.exp(-np.concatenate([grammar.log_probabilities(line.split()) for line in lines]).mean()))


def word_classes() -> dict[str, list[str]]:
    """Return the words of each class; words of a class should have similar vectors."""
    classes: dict[str, list[str]] = {}
    nouns = {**lexicon.NOUNS, "person": [*chain(*lexicon.COUPLES), *lexicon.NOUNS["person"]]}
    for kind, members in nouns.items():
        for number in lexicon.NUMBERS:
            classes[f"{kind}, {number}"] = [noun.form(number) for noun in members]
    verbs = list(chain(*lexicon.VERBS.values()))
    adjectives = list(chain(*lexicon.ADJECTIVES.values()))
    return classes | {
        "name": [name.singular for name in lexicon.NAMES],
        "country": [country.name for country in lexicon.COUNTRIES],
        "capital": [country.capital for country in lexicon.COUNTRIES],
        "nationality": [country.adjective for country in lexicon.COUNTRIES],
        "verb, singular": [verb.singular for verb in verbs],
        "verb, plural": [verb.plural for verb in verbs],
        "verb, past": [verb.past for verb in verbs],
        "adjective": [adjective.plain for adjective in adjectives],
        "comparative": [adjective.comparative for adjective in adjectives if adjective.comparative],
        "adverb": lexicon.ADVERBS,
        "moment": list(chain(*lexicon.MOMENTS.values())),
        "determiner": list(dict.fromkeys(chain(*lexicon.DETERMINERS.values()))),
        "preposition": lexicon.PREPOSITIONS,
        "copula": list(lexicon.COPULAS.values()),
        "reflexive": list(lexicon.REFLEXIVES.values()),
        "possessive": list(lexicon.POSSESSIVES.values()),
        "function word": ["and", "than", "that", "who", "which", "of", "capital", "to", "from"],
    }


def analogies() -> list[tuple[str, str, str, str]]:
    """Return analogies (a, b, c, d): a is to b as c is to d."""
    nouns, verbs = _in_turn(lexicon.NOUNS.values()), _in_turn(lexicon.VERBS.values())
    countries = lexicon.COUNTRIES
    relations = [
        [(noun.singular, noun.plural) for noun in nouns],
        [(male.singular, female.singular) for male, female in lexicon.COUPLES],
        [(verb.singular, verb.plural) for verb in verbs],
        [(verb.singular, verb.past) for verb in verbs],
        [(country.name, country.capital) for country in countries],
        [(country.name, country.adjective) for country in countries],
        [(size.plain, size.comparative) for size in lexicon.ADJECTIVES["size"]],
    ]
    return [(*one, *other) for pairs in relations for one, other in permutations(pairs[:_PAIRS], 2)]


def _in_turn(groups: Iterable[Iterable[Item]]) -> list[Item]:
    """Return the first item of each group, then the second of each, and so on."""
    return [item for row in zip_longest(*groups) for item in row if item is not None]
