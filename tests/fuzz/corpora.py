"""Texts through the whole chain, each result beside a plain reference."""

import os
import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import example_files
import exports
import numpy as np
import references
from engine import Subject
from hypothesis import strategies as st
from running import call

from lexloom.corpus import text_files
from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.ngram import NGramLM
from lexloom.language.trained import read_language_model
from lexloom.settings.command_line import as_options
from lexloom.settings.splits import SPLITS
from lexloom.storage import artifact_writing
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.word_vectors import read_vectors

WORDS = [
    *("a", "b", "the", "The", "cat", "dog's", "x-y", "3.14", "<unk>", "<eos>", "</s>", "<UNK>", "#", "=1+1"),
    *(
        "caf\u00e9",
        "cafe\u0301",
        "\u0130ki",
        "stra\u00dfe",
        "\u03a3\u03a3",
        "\ufb01n",
        "\u212b",
        "\u1e9b\u0323",
    ),
    "\N{DEVANAGARI LETTER HA}\N{DEVANAGARI VOWEL SIGN I}\N{DEVANAGARI LETTER NA}",
    "\N{THAI CHARACTER KO KAI}\N{THAI CHARACTER MAI THO}",
    "\N{ARABIC LETTER MEEM}\u200c\N{ARABIC LETTER YEH}",
    "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}",
    "\N{HANGUL CHOSEONG KIYEOK}\N{HANGUL JUNGSEONG A}",
    *("\ufeff", "\u200b", "\x1b[31m", "\x9b", "\U0010ffff", "w" * 3000, "\u0301", "'", '"', "\\", "-x"),
]
SPACES = [" ", " ", " ", "\n", "\n", "\n", "\r\n", "\r", "\t", "  ", "", "\v", "\f", "\x1c", "\x85", "\u00a0"]
SPACES += ["\u3000", "\u2028", "\ufeff", "\n\n", " \n "]

PIECES = st.one_of(
    st.sampled_from(WORDS).map(str.encode),
    st.sampled_from(SPACES).map(str.encode),
    st.tuples(st.sampled_from(WORDS), st.sampled_from(SPACES)).map(lambda pair: "".join(pair).encode()),
    st.text(max_size=4).map(lambda text: text.encode("utf-8", "ignore")),
)
DAMAGE = [b"\xff", b"\xc3", b"\0", b"\xed\xa0\x80", b"\xef\xbb\xbf"]


@dataclass(frozen=True)
class Piece:
    """A part of a text, some times."""

    content: bytes
    times: int


LINES = st.lists(st.sampled_from(["a", "b", "cat", "the", "<unk>"]), min_size=2, max_size=6).map(
    lambda words: " ".join(words).encode() + b"\n"
)
ANY_TEXTS = st.lists(st.builds(Piece, PIECES | LINES, st.integers(1, 9)), max_size=20)
LONG_TEXTS = st.tuples(st.builds(Piece, LINES, st.integers(5, 20)), ANY_TEXTS).map(
    lambda pair: [pair[0], *pair[1]]
)
TEXTS = st.one_of(LONG_TEXTS, LONG_TEXTS, LONG_TEXTS, ANY_TEXTS)
TOKENIZE = st.fixed_dictionaries(
    {
        "pattern": st.sampled_from(
            [None, None, None, r"\w+|[^\w\s]", r"\S+", "words", ".", "a*", "(c)a|.", r"[\s\S]", "[^ ]+ ?"]
        ),
        "lower": st.booleans(),
        "normalize": st.sampled_from(["NFC", "NFD", "NFKC", "NFKD", None]),
        "sentence_end": st.sampled_from(["<eos>", "<eos>", None, "a", "</s>", "\u00e9"]),
        "min_count": st.integers(1, 3),
        "max_vocab": st.sampled_from([None, None, 3, 4, 10]),
        "id_order": st.sampled_from(["frequency", "appearance"]),
        "split": st.sampled_from([[0.4, 0.3, 0.3], [0.5, 0.25, 0.25], [0.9, 0.05, 0.05]]),
    }
)
SETTINGS = st.fixed_dictionaries(
    {
        "window": st.integers(1, 4),
        "weighting": st.sampled_from(["flat", "distance", "dynamic"]),
        "memory_mb": st.sampled_from([1, 1000]),
        "smoothing": st.sampled_from([1.0, 0.75]),
        "shift": st.sampled_from([0.0, 1.0]),
        "dimension": st.integers(1, 3),
        "exponent": st.sampled_from([0.0, 0.5, 1.0]),
        "add_contexts": st.booleans(),
        "order": st.integers(1, 4),
        "cell": st.sampled_from(["rnn", "lstm", "gru"]),
        "tied": st.booleans(),
        "optimizer": st.sampled_from(["sgd", "momentum", "adagrad", "row_adagrad", "adam"]),
        "samples": st.sampled_from([None, 2]),
        "block": st.sampled_from([1, 3, 1 << 20]),
    }
)


@dataclass(frozen=True)
class Texts:
    """The texts of a corpus, one or three, and all settings."""

    train: list[Piece]
    held_out: list[list[Piece]]
    tokenize: dict[str, Any]
    settings: dict[str, Any]
    damage: bytes = b""

    def files(self) -> dict[str, bytes]:
        """Return the content of the file of each split."""
        texts = dict(zip(SPLITS, [self.train, *self.held_out], strict=False))
        files = {name: b"".join(p.content * p.times for p in pieces) for name, pieces in texts.items()}
        return files | {"train": files["train"] + self.damage}


def check(texts: Texts) -> str:
    """Send texts through the chain."""
    parts = tokenize(texts)
    if parts is None:
        return "refused"
    corpus = read_artifact("corpus.h5", "corpus")
    check_vocabulary(corpus, parts, texts.tokenize)
    factorized = check_counted(corpus, texts.settings)
    check_learned(corpus, texts.settings)
    check_language_models(corpus, texts)
    return "whole chain" if factorized else "whole chain but SVD"


def tokenize(texts: Texts) -> dict[str, list[str]] | None:
    """Tokenize the texts, and return the tokens of each part of which there should be some, or None."""
    files = texts.files()
    for name, content in files.items():
        Path(f"{name}.txt").write_bytes(content)
    held_out = {name: [f"{name}.txt"] for name in files if name != "train"}
    unused = {"split"} if held_out else set()
    settings = {name: value for name, value in texts.tokenize.items() if name not in unused}
    line = as_options(settings | held_out)
    block = 1 << 20 if settings["pattern"] else texts.settings["block"]
    try:
        expected = {name: references.tokens([content], settings) for name, content in files.items()}
    except references.Refused:
        expected = {}
    try:
        with mock.patch.object(text_files, "_BLOCK", block):
            run("tokenize_corpus", "corpus.h5", line, "train.txt")
    except LexloomError:
        if expected and enough(expected, texts.tokenize):
            raise
        return None
    assert expected, "neither NUL nor bytes that are not UTF-8 are text"
    assert all(expected.values()), "a text without words is none"
    return expected


def enough(parts: dict[str, list[str]], settings: dict[str, Any]) -> bool:
    """Return whether there are so many words that a refusal would be wrong."""
    train, sizes = parts["train"], [len(part) for part in parts.values()]
    if len(parts) == 1:
        sizes = [share * len(train) for share in settings["split"]]
        train = train[: int(sizes[0])]
    often = {word for word, count in Counter(train).items() if count >= settings["min_count"]}
    return min(sizes) > 20 and bool(often - {references.UNKNOWN, settings["sentence_end"]})


def run(script: str, output: str, line: str, *files: str) -> None:
    """Run a script with options in one string, as the rules do."""
    call(script, "--output", output, *shlex.split(line), "--", *files)


def check_vocabulary(corpus: Any, parts: dict[str, list[str]], settings: dict[str, Any]) -> None:
    """Compare the words with the tokens of the reference: each is itself or <unk>."""
    words, tokens = corpus["words"], [token for part in parts.values() for token in part]
    assert len(set(words)) == len(words)
    ids = {name: corpus[name].tolist() for name in SPLITS}
    assert all(0 <= word < len(words) for part in ids.values() for word in part)
    if len(parts) > 1:
        assert all(len(ids[name]) == len(parts[name]) for name in SPLITS)
    known = set(words)
    read = [words[word] for name in SPLITS for word in ids[name]]
    assert read == [token if token in known else references.UNKNOWN for token in tokens]
    assert corpus["counts"].tolist() == np.bincount(ids["train"], minlength=len(words)).tolist()
    assert settings["max_vocab"] is None or len(words) <= settings["max_vocab"]
    if settings["id_order"] == "frequency":
        assert (np.diff(corpus["counts"]) <= 0).all()
    rare = Counter(tokens[: len(ids["train"])])
    for word in words:
        if word not in (references.UNKNOWN, settings["sentence_end"]):
            assert rare[word] >= settings["min_count"], f"{word!r} is rare"
    if settings["max_vocab"] is None:
        often = {token for token, count in rare.items() if count >= settings["min_count"]}
        assert often - known <= {references.UNKNOWN}


def check_counted(corpus: Any, settings: dict[str, Any]) -> bool:
    """Compare counts, weights and factors with their formulas; return whether there were so many factors."""
    size = len(corpus["words"])
    if not refused_or(
        lambda: run(
            "count_cooccurrences",
            "counts.h5",
            chosen(settings, "window", "weighting", "memory_mb"),
            "corpus.h5",
        )
    ):
        assert len(corpus["train"]) < 2
        return False
    counts = read_artifact("counts.h5", "cooccurrences")["counts"].toarray()
    expected = np.zeros((size, size))
    pairs = references.occurrences(corpus["train"].tolist(), settings["window"], settings["weighting"])
    for pair, count in pairs.items():
        expected[pair] = count
    np.testing.assert_allclose(counts, expected, rtol=1e-12)
    assert (counts == counts.T).all()

    run("weight_ppmi", "ppmi.h5", chosen(settings, "smoothing", "shift"), "counts.h5")
    ppmi = read_artifact("ppmi.h5", "ppmi")["ppmi"].toarray()
    np.testing.assert_allclose(
        ppmi, references.ppmi(counts, settings["smoothing"], settings["shift"]), rtol=1e-4, atol=1e-5
    )
    check_neighbours("ppmi.h5", ppmi)

    line = chosen(settings, "dimension", "exponent", "add_contexts")
    values = np.linalg.svd(ppmi, compute_uv=False)
    if not refused_or(lambda: run("factorize_svd", "svd.h5", line, "ppmi.h5")):
        assert settings["dimension"] >= size or values[settings["dimension"] - 1] <= 1e-9 * max(values[0], 1)
        return False
    svd = read_artifact("svd.h5", "vectors")
    np.testing.assert_allclose(svd["singular_values"], values[: settings["dimension"]], rtol=1e-4, atol=1e-6)
    assert np.isfinite(svd["vectors"]).all()
    check_neighbours("svd.h5", svd["vectors"])
    export(svd)
    return True


def check_learned(corpus: Any, settings: dict[str, Any]) -> None:
    """See that CBOW and skip-gram learn vectors that are numbers, one for each word."""
    run("create_contexts", "contexts.h5", chosen(settings, "window"), "corpus.h5")
    contexts = read_artifact("contexts.h5", "contexts")
    reach = settings["window"]
    assert contexts["offsets"].tolist() == [*range(-reach, 0), *range(1, reach + 1)]
    assert contexts["targets"].tolist() == corpus["train"].tolist()
    for model in ("cbow", "skip-gram"):
        quick = {"epochs": 1, "batch": 8, "block": 4, "samples": 3, "model": model}
        line = f"{as_options(quick)} {chosen(settings, 'dimension', 'optimizer', 'add_contexts')}"
        run("train_word2vec", f"{model}.h5", line, "contexts.h5")
        vectors = read_artifact(f"{model}.h5", "vectors")
        assert vectors["words"] == corpus["words"]
        assert vectors["vectors"].shape == (len(corpus["words"]), settings["dimension"])
        assert np.isfinite(vectors["vectors"]).all()
        check_neighbours(f"{model}.h5", vectors["vectors"])


def check_neighbours(path: str, rows: np.ndarray) -> None:
    """Compare the nearest words of some with those of all cosines."""
    vectors, queries = read_vectors(path), np.arange(min(5, len(rows)))
    neighbours, cosines = vectors.nearest(queries, 3)
    expected = references.cosines(rows)
    for query, found, scores in zip(queries, neighbours, cosines, strict=True):
        others = np.delete(expected[query], query)
        best = np.sort(others)[::-1][: len(found)]
        np.testing.assert_allclose(scores, best, atol=1e-5)
        np.testing.assert_allclose(expected[query][found], best, atol=1e-5)
        assert query not in found
        assert len(set(found.tolist())) == len(found)


def export(vectors: Any) -> None:
    """Write vectors in each format and read them back."""
    for name in exports.FORMATS:
        refused_or(lambda name=name: exports.check_format(name, vectors["words"], vectors["vectors"]))


def check_language_models(corpus: Any, texts: Texts) -> None:
    """Train models of both kinds, and see that their probabilities are such, and see no future."""
    settings, ids = texts.settings, corpus["valid"]
    run("train_ngram", "ngram.h5", chosen(settings, "order"), "corpus.h5")
    quick = {"epochs": 1, "batch": 2, "steps": 5, "embedding": 3, "hidden": 3, "learning_rate": 0.1}
    line = f"{as_options(quick)} {chosen(settings, 'cell', 'tied', 'optimizer', 'samples')}"
    run("train_rnnlm", "rnnlm.h5", line, "corpus.h5")
    for name in ("ngram", "rnnlm"):
        run("evaluate_perplexity", f"{name}_ppl.h5", "", f"{name}.h5", "corpus.h5")
        measured = read_artifact(f"{name}_ppl.h5", "perplexity")
        read = read_language_model(f"{name}.h5", get_backend())
        for split in ("valid", "test"):
            stored = measured["log_probabilities"][split]
            assert len(stored) == len(corpus[split])
            assert (stored <= 1e-6).all()
            np.testing.assert_allclose(float(measured[split]), np.exp(-stored.mean()), rtol=1e-6)
        stored = measured["log_probabilities"]["valid"]
        check_next_words(read.model, ids[:20], stored[:20])
        half = len(ids) // 2
        if half:
            np.testing.assert_allclose(read.model.log_probabilities(ids[:half]), stored[:half], atol=1e-4)
        if texts.held_out:
            scores = read.score(Path("valid.txt"))
            assert [word for line in scores for word in line.words] == [corpus["words"][i] for i in ids]
            scored = np.concatenate([line.log_probabilities for line in scores])
            np.testing.assert_allclose(scored, stored, atol=1e-4)


def check_next_words(model: Any, ids: np.ndarray, stored: np.ndarray) -> None:
    """Compare the probability of each word with its part of the distribution after the words before it."""
    carry: Any = None
    for place, word in enumerate(ids):
        scores, carry = model.next_scores(ids[max(0, place - 1) : place], carry)
        if isinstance(model, NGramLM):
            np.testing.assert_allclose(np.logaddexp.reduce(scores), 0, atol=1e-9)
        scores = scores - np.logaddexp.reduce(scores)
        np.testing.assert_allclose(scores[word], stored[place], atol=1e-4)


def chosen(settings: dict[str, Any], *names: str) -> str:
    """Return some settings as options."""
    return as_options({name: settings[name] for name in names})


def refused_or(stage: Callable[[], None]) -> bool:
    """Run a stage; return whether it did its work."""
    try:
        stage()
    except LexloomError:
        return False
    return True


def prepare() -> None:
    """Compile what the chain needs, and leave out what takes time and is not tried here."""
    example_files.folder()
    artifact_writing.library_versions = cache(artifact_writing.library_versions)
    os.fsync = lambda file: None


SUBJECT = Subject(
    "corpora",
    st.builds(
        Texts,
        TEXTS,
        st.just([]) | st.lists(TEXTS, min_size=2, max_size=2),
        TOKENIZE,
        SETTINGS,
        st.sampled_from([b""] * 40 + DAMAGE),
    ),
    check,
    prepare,
    share=3,
    limit=60,
)
