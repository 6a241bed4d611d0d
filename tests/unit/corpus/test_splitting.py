"""One text becomes train, valid and test: nothing is lost, and what belongs together stays together."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import call

from lexloom.corpus.splitting import block_bounds, sentence_bounds, split_at_random, split_text
from lexloom.errors import LexloomError
from lexloom.settings.splits import SPLITS
from lexloom.storage.artifacts import read_artifact

SHARES = (0.9, 0.05, 0.05)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=200))
def test_a_split_loses_nothing_and_needs_no_luck(numbers):
    tokens = np.array(numbers, np.int32)
    parts = split_text(tokens, 0, (0.5, 0.25, 0.25))
    assert np.concatenate(parts).tolist() == numbers
    if len(numbers) >= 4:
        assert all(len(part) for part in parts)


@given(sizes=st.lists(st.integers(1, 30), min_size=3, max_size=60), seed=st.integers(0, 9))
def test_pieces_that_are_drawn_stay_whole_and_in_order_and_have_their_proportions(sizes, seed):
    tokens = np.repeat(np.arange(len(sizes)), sizes)
    bounds = np.append(0, np.cumsum(sizes))
    parts = split_at_random(tokens, bounds, SHARES, np.random.default_rng(seed))
    for part in parts:
        assert len(part)
        assert (np.diff(part) >= 0).all()
        assert all(count == sizes[piece] for piece, count in Counter(part.tolist()).items())
    assert sorted(np.concatenate(parts).tolist()) == tokens.tolist()
    again = split_at_random(tokens, bounds, SHARES, np.random.default_rng(seed))
    assert all(map(np.array_equal, parts, again))
    for part, share in zip(parts, SHARES, strict=True):
        assert abs(len(part) - share * len(tokens)) <= 2 * max(sizes)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=300))
def test_blocks_are_made_of_sentences(numbers):
    tokens = np.array(numbers)
    sentences = sentence_bounds(tokens, 0)
    assert all(tokens[stop - 1] == 0 for stop in sentences[1:-1])
    blocks = block_bounds(sentences)
    assert set(blocks) <= set(sentences)
    assert (blocks[0], blocks[-1]) == (0, len(tokens))
    assert len(blocks) <= 101


@pytest.fixture
def texts(tmp_path):
    """The paths of twenty files, each with words of its own."""
    paths = [tmp_path / f"{number}.txt" for number in range(20)]
    for number, path in enumerate(paths):
        path.write_text("".join(f"f{number} s{number}x{line}\n" for line in range(30)))
    return paths


def tokenized(tmp_path, texts, *options):
    call("tokenize_corpus", *texts, "--output", tmp_path / "c.h5", "--min-count", 1, *options)
    corpus = read_artifact(tmp_path / "c.h5", "corpus")
    return {name: corpus[name].tolist() for name in SPLITS}, corpus


def test_no_file_is_in_two_parts_and_the_seed_draws_them(tmp_path, texts):
    drawn = ["--split-by=file", "--split", 0.8, 0.1, 0.1]
    parts, corpus = tokenized(tmp_path, texts, *drawn)
    assert [len(part) for part in parts.values()] == [16 * 90, 2 * 90, 2 * 90]
    assert corpus.settings["split_by"] == "file"
    assert tokenized(tmp_path, texts, *drawn)[0] == parts
    assert tokenized(tmp_path, texts, *drawn, "--seed=2")[0]["train"] != parts["train"] or (
        tokenized(tmp_path, texts, *drawn, "--seed=3")[1]["words"] != corpus["words"]
    )


@pytest.mark.parametrize("unit", ["block", "sentence"])
def test_blocks_and_sentences_are_drawn_from_the_whole_text(tmp_path, texts, unit):
    _, corpus = tokenized(tmp_path, texts, f"--split-by={unit}", "--split", 0.8, 0.1, 0.1)
    files = {word for word in corpus["words"] if word.startswith("f")}
    assert len(files) == 20
    assert len(corpus["train"]) == pytest.approx(0.8 * 1800, abs=40)


def test_by_position_the_seed_is_of_no_account(tmp_path, texts):
    one = tokenized(tmp_path, texts)[1]
    assert "split_by" not in one.settings
    before = (tmp_path / "c.h5").read_bytes()
    tokenized(tmp_path, texts, "--seed=5")
    assert (tmp_path / "c.h5").read_bytes() == before


def test_too_few_files_to_draw_from_are_refused(tmp_path, texts):
    with pytest.raises(LexloomError, match="only 2 to draw from; expected at least 3: split by something"):
        tokenized(tmp_path, texts[:2], "--split-by=file")
