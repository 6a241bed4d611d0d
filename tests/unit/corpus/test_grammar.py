"""Probabilities under a grammar are those of a list of its sentences; the sample language is as promised."""

import subprocess
import sys
from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import yaml

from lexloom.corpus.sample.grammar import Grammar
from lexloom.corpus.sample.texts import GRAMMAR, analogies, generate_texts, perplexity, word_classes
from lexloom.storage.artifacts import read_artifact
from lexloom.training.randomness import random_stream

ROOT = Path(__file__).parents[3]


def greeting():
    return [(2, ["hello", (whom, 1)]), (1, ["hello", "you", "there"]), (1, [(whom, 2), (whom, 2)])]


def whom(weight):
    return [(weight, ["you"]), (1, ["all", "of", "you"]), (2, ["you", "there"])]


def nested():
    return [(3, ["a"]), (2, ["a", (nested,), "b"]), (1, [(pair,), (nested,)])]


def pair():
    return [(1, ["a", "a"]), (1, ["c"])]


def listed(start, longest):
    """Return the probability of each sentence of at most this many words, by deriving them all."""
    probabilities = defaultdict(float)
    waiting = [((), (start,), 1.0)]
    while waiting:
        words, symbols, probability = waiting.pop()
        if len(words) + len(symbols) > longest:
            continue
        if not symbols:
            probabilities[words] += probability
        elif isinstance(symbols[0], str):
            waiting.append(((*words, symbols[0]), symbols[1:], probability))
        else:
            rule, *arguments = symbols[0]
            alternatives = rule(*arguments)
            total = sum(weight for weight, _ in alternatives)
            for weight, symbols_of in alternatives:
                waiting.append((words, (*symbols_of, *symbols[1:]), probability * weight / total))
    return probabilities


def test_each_word_has_the_probability_that_counting_sentences_gives():
    sentences = listed((greeting,), 20)
    assert sum(sentences.values()) == pytest.approx(1.0)

    def share(start):
        return sum(p for sentence, p in sentences.items() if sentence[: len(start)] == start)

    for sentence in sentences:
        expected = []
        for length in range(len(sentence)):
            expected.append(share(sentence[: length + 1]) / share(sentence[:length]))
        expected.append(sentences[sentence] / share(sentence))
        log_probabilities = Grammar((greeting,)).log_probabilities(sentence)
        np.testing.assert_allclose(np.exp(log_probabilities), expected, rtol=1e-12)


def test_a_nested_and_ambiguous_grammar_sums_over_all_derivations():
    sentences = listed((nested,), 9)
    assert len(sentences) > 50
    for sentence, probability in sentences.items():
        assert np.exp(Grammar((nested,)).log_probabilities(sentence).sum()) == pytest.approx(probability)


def test_sentences_are_as_frequent_as_their_probabilities():
    grammar, rng, draws = Grammar((greeting,)), np.random.default_rng(1), 20_000
    counts = Counter(tuple(grammar.sentence(rng)) for _ in range(draws))
    sentences = listed((greeting,), 20)
    assert set(counts) == set(sentences)
    for sentence, probability in sentences.items():
        deviation = np.sqrt(draws * probability * (1 - probability))
        assert abs(counts[sentence] - draws * probability) < 5 * deviation


def test_what_the_grammar_cannot_say_has_no_probability():
    log_probabilities = Grammar((greeting,)).log_probabilities(["hello", "all", "you"])
    assert np.isfinite(log_probabilities[:2]).all()
    assert log_probabilities[2:].tolist() == [-np.inf, -np.inf]
    unfinished = Grammar((greeting,)).log_probabilities(["hello"])
    assert unfinished.tolist() == [pytest.approx(np.log(3 / 4)), -np.inf]


def test_perplexity_is_over_all_words_and_line_ends():
    lines = ["hello you", "hello you there"]
    sentences = listed((greeting,), 20)
    log_probability = sum(np.log(sentences[tuple(line.split())]) for line in lines)
    assert perplexity(Grammar((greeting,)), lines) == pytest.approx(np.exp(-log_probability / 7))


@pytest.fixture(scope="module")
def texts():
    return generate_texts(200_000, random_stream(1, "generate"))


def test_texts_have_the_size_that_was_asked_for_and_every_word_is_in_train(texts):
    sizes = {name: sum(len(line.split()) + 1 for line in lines) for name, lines in texts.items()}
    assert sizes == pytest.approx({"train": 180_000, "valid": 10_000, "test": 10_000}, rel=0.01)
    words = set(chain(*word_classes().values()))
    assert 900 < len(words) < 1100
    assert set(" ".join(texts["train"]).split()) == words


def test_the_seed_decides_the_texts():
    first, again, other = (generate_texts(2_000, random_stream(seed, "generate")) for seed in (1, 1, 2))
    assert first == again
    assert first["train"] != other["train"]


def test_each_word_is_in_one_class_and_the_configured_queries_are_words():
    words = list(chain(*word_classes().values()))
    assert len(words) == len(set(words))
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    assert set(config["corpora"]["sample"]["queries"]) <= set(words)


def test_analogies_hold_the_pairs_that_were_built_in():
    questions = analogies()
    assert len(questions) == len(set(questions)) == 7 * 15 * 14
    for analogy in (
        "man woman king queen",
        "cat cats apple apples",
        "walks walk eats eat",
        "walks walked eats ate",
        "france paris italy rome",
        "france french italy italian",
        "big bigger small smaller",
    ):
        assert tuple(analogy.split()) in questions


@pytest.mark.parametrize(
    ("sentence", "wrong_word"),
    [
        ("the cat which the dogs fear walks", "walk"),
        ("the cats which the dog fears walk", "walks"),
        ("yesterday the doctor who sees the kings slept", "sleeps"),
        ("the queen who loves the king loves herself", "himself"),
        ("the cat and the dog are", "is"),
    ],
)
def test_agreement_reaches_across_what_stands_between(sentence, wrong_word):
    *before, word = sentence.split()
    for last, possible in ((word, True), (wrong_word, False)):
        log_probabilities = GRAMMAR.log_probabilities([*before, last])[:-1]
        assert np.isfinite(log_probabilities).tolist() == [True] * len(before) + [possible]


def test_no_bigram_model_is_better_than_the_grammar(texts):
    def pairs(lines):
        return [
            pair for line in lines for pair in zip(["\n", *line.split()], [*line.split(), "\n"], strict=True)
        ]

    train, test = pairs(texts["train"]), pairs(texts["test"])
    bigrams, firsts, seconds = Counter(train), Counter(a for a, _ in train), Counter(b for _, b in train)
    log_probabilities = [
        np.log(0.8 * bigrams[a, b] / firsts[a] + 0.2 * seconds[b] / len(train)) for a, b in test
    ]
    bigram = np.exp(-np.mean(log_probabilities))
    assert 15 < perplexity(GRAMMAR, texts["test"][:400]) < 0.75 * bigram


def test_the_script_writes_texts_and_what_is_known_of_them(tmp_path):
    names = ["--train=train.txt", "--valid=valid.txt", "--test=test.txt"]
    subprocess.run(
        [
            sys.executable,
            ROOT / "scripts/corpus/generate_sample.py",
            "--tokens=4000",
            "--output=gold.h5",
            *names,
        ],
        check=True,
        cwd=tmp_path,
    )
    gold = read_artifact(tmp_path / "gold.h5", "gold")
    texts = generate_texts(4_000, random_stream(1, "generate"))
    for name, lines in texts.items():
        assert (tmp_path / f"{name}.txt").read_text().splitlines() == lines
    assert gold["reference_perplexity"] == perplexity(GRAMMAR, texts["test"])
    classes = {name: [] for name in gold["class_names"]}
    for word, number in zip(gold["words"], gold["word_classes"], strict=True):
        classes[gold["class_names"][number]].append(word)
    assert classes == word_classes()
    words = np.array(gold["words"])
    assert [tuple(row) for row in words[gold["analogies"]].tolist()] == analogies()
