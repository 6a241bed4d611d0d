"""The sample language: a small English whose probabilities are known.

It has regularities at every distance: verbs agree with their subject across relative clauses, tenses with the
word for a time that opens the sentence, and pronouns in gender and number. Frequencies within a kind follow
Zipf's law. About one pair of words in seven, chosen by a checksum, prefer each other. So each noun has its
own verbs, adjectives and countries, and shares them with its plural and with its counterpart of the other
gender.
"""

import zlib
from functools import cache
from itertools import chain, product

from lexloom.corpus.sample import lexicon
from lexloom.corpus.sample.grammar import Alternatives
from lexloom.corpus.sample.lexicon import Noun, Verb

_COMPANY = 10.0  # how much likelier a preferred word is

_PERSONS = [*chain.from_iterable(lexicon.COUPLES), *lexicon.NOUNS["person"]]
_NOUNS = {**lexicon.NOUNS, "person": _PERSONS, "name": lexicon.NAMES}
_NUMBER_WEIGHTS = {"singular": 3.0, "plural": 2.0}
_SUBJECT_WEIGHTS = {"person": 5.0, "animal": 3.0, "thing": 1.3, "food": 0.9, "place": 0.8, "name": 2.0}

# For each group of verbs: kinds of subjects, kinds of objects, and the relative frequency.
_VERB_GROUPS = {
    "move": (("person", "animal"), (), 3.0),
    "happen": (("food", "thing", "place"), (), 2.0),
    "eat": (("person", "animal"), ("food",), 2.0),
    "use": (("person",), ("thing",), 2.5),
    "perceive": (("person", "animal"), ("person", "animal", "thing", "food", "place"), 2.0),
    "meet": (("person",), ("person", "name"), 2.5),
    "say": (("person",), (), 1.0),
    "travel": (("person",), (), 1.5),
}
_ADJECTIVE_GROUPS = {
    "person": ("character", "size"),
    "animal": ("colour", "character", "size"),
    "food": ("colour", "quality", "size"),
    "thing": ("colour", "quality", "size"),
    "place": ("quality", "size"),
}


@cache
def keeps_company(one: str, other: str) -> bool:
    """Return whether two words prefer each other."""
    return zlib.crc32(f"{one} {other}".encode()) % 7 == 0


def _weights(families: list[str], company: str | None = None) -> list[float]:
    """Return Zipf-Mandelbrot probabilities by rank, higher for words that `company` prefers."""
    weights = [
        (_COMPANY if company and keeps_company(company, family) else 1.0) / (rank + 3)
        for rank, family in enumerate(families)
    ]
    return [weight / sum(weights) for weight in weights]


def _weighted_nouns(kind: str, company: str | None = None) -> list[tuple[float, Noun]]:
    nouns = _NOUNS[kind]
    return list(zip(_weights([noun.family for noun in nouns], company), nouns, strict=True))


def _weighted_verbs(group: str, company: str) -> list[tuple[float, Verb]]:
    verbs = lexicon.VERBS[group]
    return list(zip(_weights([verb.plural for verb in verbs], company), verbs, strict=True))


def _choice(words: list[str], company: str | None = None) -> Alternatives:
    return [(weight, [word]) for weight, word in zip(_weights(words, company), words, strict=True)]


def sentence() -> Alternatives:
    """Return a whole line."""
    plain = [(4.0, [(clause, tense)]) for tense in lexicon.TENSES]
    timed = [(1.0, [(moment, tense), (clause, tense)]) for tense in lexicon.TENSES]
    return [*plain, *timed, (0.4, [(capital,)])]


def capital() -> Alternatives:
    """Return "paris is the capital of france"."""
    countries = lexicon.COUNTRIES
    weights = _weights([country.name for country in countries])
    return [
        (weight, [country.capital, "is", "the", "capital", "of", country.name])
        for weight, country in zip(weights, countries, strict=True)
    ]


def clause(tense: str) -> Alternatives:
    """Return a subject and its predicate."""
    alternatives: Alternatives = []
    for kind, share in _SUBJECT_WEIGHTS.items():
        for weight, noun in _weighted_nouns(kind):
            alternatives += _subjects(share * weight, noun, tense)
    return alternatives


def _subjects(weight: float, noun: Noun, tense: str) -> Alternatives:
    if noun in lexicon.NAMES:
        return [(5 * weight, [noun.singular, (predicate, noun, "singular", tense)])]
    alternatives: Alternatives = [
        (weight * share, [(noun_phrase, noun, number), (predicate, noun, number, tense)])
        for number, share in _NUMBER_WEIGHTS.items()
    ]
    if noun.kind in ("person", "animal"):
        pair = (noun_phrase, noun, "singular"), "and", (phrase, noun.kind, noun.family, "singular")
        alternatives.append((0.5 * weight, [*pair, (predicate, noun, "plural", tense)]))
    return alternatives


def predicate(noun: Noun, number: str, tense: str) -> Alternatives:
    """Return a predicate, sometimes with an adverb or a word for a time."""
    does = (action, noun, number, tense)
    return [(6.0, [does]), (1.0, [(adverb, noun.family), does]), (0.7, [does, (moment, tense)])]


def action(noun: Noun, number: str, tense: str) -> Alternatives:
    """Return a verb that agrees with its subject, and the complements of the verb."""
    alternatives: Alternatives = [(2.5, [lexicon.COPULAS[number, tense], (quality, noun)])]
    for group, (subjects, _, share) in _VERB_GROUPS.items():
        if noun.kind in subjects:
            for weight, verb in _weighted_verbs(group, noun.family):
                form = verb.form(number, tense)
                alternatives += [
                    (share * weight * part, [form, *rest]) for part, rest in _complements(verb, noun, number)
                ]
    return alternatives


def _complements(verb: Verb, noun: Noun, number: str) -> Alternatives:
    family = verb.plural
    if verb.group in ("move", "happen"):
        return [(0.5, []), (0.2, [(adverb, family)]), (0.3, [(whereabouts, family)])]
    if verb.group == "say":
        return [(0.5, ["that", (clause, tense)]) for tense in lexicon.TENSES]
    if verb.group == "travel":
        return [(1.0, ["to", (destination, noun.family)])]
    return [(1.0, [(target, verb, noun, number)])]


def target(verb: Verb, noun: Noun, number: str) -> Alternatives:
    """Return the object of a verb; pronouns in it agree with the subject."""
    kinds = _VERB_GROUPS[verb.group][1]
    alternatives: Alternatives = []
    for kind in kinds:
        alternatives.append((1.0 / len(kinds), [(phrase, kind, verb.plural, "any")]))
        if kind != "name":
            owned = [(possessive, noun, number), (possession, kind, verb.plural)]
            alternatives.append((0.2 / len(kinds), owned))
    if verb.group in ("perceive", "meet"):
        alternatives.append((0.12, [(reflexive, noun, number)]))
    return alternatives


def noun_phrase(noun: Noun, number: str) -> Alternatives:
    """Return a noun with a determiner and modifiers."""
    return [(1.0, [(determiner, number), (nominal, noun, number)])]


def nominal(noun: Noun, number: str) -> Alternatives:
    """Return a noun with modifiers."""
    form = noun.form(number)
    alternatives: Alternatives = [
        (8.0, [form]),
        (4.0, [(adjective, noun), form]),
        (2.2, [form, (relative, noun, number)]),
        (0.8, [form, (whereabouts, noun.family)]),
    ]
    if noun.kind in ("person", "food"):
        alternatives.append((1.0, [(nationality, noun.family), form]))
    if noun.kind == "person":
        alternatives.append((0.7, [form, "from", (home, noun.family)]))
    return alternatives


def relative(noun: Noun, number: str) -> Alternatives:
    """Return a relative clause in which the preceding noun is the subject or the object."""
    pronoun = "who" if noun.kind == "person" else "which"
    alternatives: Alternatives = [(1.5, [pronoun, (action, noun, number, tense)]) for tense in lexicon.TENSES]
    for kind in ("person", "animal"):
        for weight, other in _weighted_nouns(kind, noun.family):
            for other_number, tense in product(lexicon.NUMBERS, lexicon.TENSES):
                does = (transitive, other, other_number, tense, noun.kind)
                alternatives.append((0.25 * weight, [pronoun, (noun_phrase, other, other_number), does]))
    return alternatives


def transitive(noun: Noun, number: str, tense: str, kind: str) -> Alternatives:
    """Return a verb without its object, which is of that kind and elsewhere in the sentence."""
    return [
        (share * weight, [verb.form(number, tense)])
        for group, (subjects, objects, share) in _VERB_GROUPS.items()
        if noun.kind in subjects and kind in objects
        for weight, verb in _weighted_verbs(group, noun.family)
    ]


def phrase(kind: str, company: str, number: str) -> Alternatives:
    """Return a noun phrase of a kind, in one number or "any"; words that `company` prefers are likelier."""
    if kind == "name":
        return [(weight, [noun.singular]) for weight, noun in _weighted_nouns(kind, company)]
    return [
        (weight * _NUMBER_WEIGHTS[form], [(noun_phrase, noun, form)])
        for weight, noun in _weighted_nouns(kind, company)
        for form in lexicon.NUMBERS
        if number in (form, "any")
    ]


def possession(kind: str, company: str) -> Alternatives:
    """Return a noun to follow a possessive."""
    return [
        (weight * _NUMBER_WEIGHTS[number], [noun.form(number)])
        for weight, noun in _weighted_nouns(kind, company)
        for number in lexicon.NUMBERS
    ]


def quality(noun: Noun) -> Alternatives:
    """Return a complement of "to be"."""
    larger = (comparative, noun.family), "than", (phrase, noun.kind, noun.family, "any")
    return [(2.0, [(adjective, noun)]), (1.0, larger), (0.7, [(whereabouts, noun.family)])]


def adjective(noun: Noun) -> Alternatives:
    """Return an adjective that fits a noun."""
    groups = [lexicon.ADJECTIVES[group] for group in _ADJECTIVE_GROUPS[noun.kind]]
    return [
        alternative
        for adjectives in groups
        for alternative in _choice([adjective.plain for adjective in adjectives], noun.family)
    ]


def comparative(company: str) -> Alternatives:
    """Return a comparative, with the probabilities of its adjective."""
    sizes = lexicon.ADJECTIVES["size"]
    weights = _weights([size.plain for size in sizes], company)
    return [(weight, [size.comparative]) for weight, size in zip(weights, sizes, strict=True)]


def whereabouts(company: str) -> Alternatives:
    """Return a prepositional phrase of place."""
    return [(1.0, [(preposition,), (phrase, "place", company, "any")]), (0.3, ["in", (home, company)])]


def home(company: str) -> Alternatives:
    """Return a country or a capital."""
    countries = lexicon.COUNTRIES
    weights = _weights([country.name for country in countries], company)
    return [
        (weight, [name])
        for weight, country in zip(weights, countries, strict=True)
        for name in (country.name, country.capital)
    ]


def destination(company: str) -> Alternatives:
    """Return the destination of a journey."""
    return [(1.0, [(home, company)]), (0.7, [(phrase, "place", company, "any")])]


def nationality(company: str) -> Alternatives:
    """Return the adjective of a country."""
    countries = lexicon.COUNTRIES
    weights = _weights([country.name for country in countries], company)
    return [(weight, [country.adjective]) for weight, country in zip(weights, countries, strict=True)]


def determiner(number: str) -> Alternatives:
    """Return an article, a number or the like; the article is as frequent as all others together."""
    article, *others = lexicon.DETERMINERS[number]
    return [(1.0, [article]), *_choice(others)]


def preposition() -> Alternatives:
    """Return a preposition of place."""
    return _choice(lexicon.PREPOSITIONS)


def adverb(company: str) -> Alternatives:
    """Return an adverb."""
    return _choice(lexicon.ADVERBS, company)


def moment(tense: str) -> Alternatives:
    """Return a word for a time that agrees with a tense."""
    return _choice(lexicon.MOMENTS[tense])


def reflexive(noun: Noun, number: str) -> Alternatives:
    """Return "himself", "herself", "itself" or "themselves"."""
    return [(1.0, [lexicon.REFLEXIVES[gender]]) for gender in _genders(noun, number)]


def possessive(noun: Noun, number: str) -> Alternatives:
    """Return "his", "her", "its" or "their"."""
    return [(1.0, [lexicon.POSSESSIVES[gender]]) for gender in _genders(noun, number)]


def _genders(noun: Noun, number: str) -> list[str]:
    if number == "plural":
        return ["plural"]
    return ["male", "female"] if noun.gender == "either" else [noun.gender]
