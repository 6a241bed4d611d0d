"""What `import lexloom` promises a person at a notebook."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from running import succeed

import lexloom
from lexloom.language.ngram import count_ngrams
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact

SENTENCES = lexloom.sample_sentences(tokens=3000)
LEARNED = {"dimension": 8, "epochs": 2, "batch": 64}
VECTORS = {"skipgram": LEARNED, "cbow": LEARNED, "svd": {"dimension": 8}, "ppmi": {}}
RECURRENT = {"embedding": 8, "hidden": 8, "epochs": 1}
MODELS = {"lstm": RECURRENT, "gru": RECURRENT, "rnn": RECURRENT, "ngram": {"order": 3}}


def after(program, unloaded):
    """Run a program in a Python of its own; it must not load the modules named."""
    check = f"\nimport sys\nloaded = {unloaded!r} & set(sys.modules)\nassert not loaded, loaded"
    done = subprocess.run(
        [sys.executable, "-c", program + check], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", lexloom.__all__)
def test_each_public_name_is_documented(name):
    assert name in dir(lexloom)
    assert f"`{name}`" in lexloom.__doc__
    assert getattr(lexloom, name).__doc__


def test_each_public_name_has_its_module():
    assert set(lexloom.__all__) == set(lexloom._MODULE_OF)


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'lexloom' has no attribute 'train_vector'"):
        lexloom.train_vector  # noqa: B018


def test_importing_loads_nothing():
    after("import lexloom\ndir(lexloom)\nlexloom.__version__", {"numpy", "scipy", "h5py", "numba"})


def test_asking_vectors_does_not_load_numba(tmp_path):
    write_artifact(
        tmp_path / "v.h5", "vectors", {"vectors": np.eye(3), "words": ["a", "b", "c"]}, Provenance({})
    )
    program = f"""
import lexloom
vectors = lexloom.load({str(tmp_path / "v.h5")!r})
vectors.most_similar("a"), vectors.similarity("a", "b"), vectors.analogy("a", "b", "c")
"""
    after(program, {"numba", "matplotlib", "lexloom.language.rnnlm"})


def same_vectors(one, other):
    rows = [each.rows.toarray() if hasattr(each.rows, "toarray") else each.rows for each in (one, other)]
    np.testing.assert_array_equal(*rows)
    assert one.words == other.words


@pytest.mark.parametrize("method", VECTORS)
def test_vectors_depend_on_the_seed_and_not_on_threads(method):
    one = lexloom.train_vectors(SENTENCES, method, **VECTORS[method])
    same_vectors(one, lexloom.train_vectors(iter(SENTENCES), method, threads=2, **VECTORS[method]))
    if method in ("skipgram", "cbow"):
        other = lexloom.train_vectors(SENTENCES, method, seed=2, **VECTORS[method])
        assert not np.array_equal(one.rows, other.rows)


@pytest.mark.parametrize("method", MODELS)
def test_language_models_depend_on_the_seed_and_not_on_threads(method):
    text = SENTENCES[:40]
    one = lexloom.train_language_model(SENTENCES, method, **MODELS[method])
    again = lexloom.train_language_model(iter(SENTENCES), method, threads=2, **MODELS[method])
    assert one.perplexity(text) == again.perplexity(text)
    assert one.perplexity(text) < len(one.words)
    if method != "ngram":
        other = lexloom.train_language_model(SENTENCES, method, seed=2, **MODELS[method])
        assert one.perplexity(text) != other.perplexity(text)


def test_what_is_trained_in_memory_is_what_the_stages_train(tmp_path):
    texts = {name: tmp_path / f"{name}.txt" for name in ("train", "valid")}
    texts["train"].write_text("\n".join(SENTENCES))
    texts["valid"].write_text("\n".join(SENTENCES[:30]))
    corpus, contexts, trained = (tmp_path / name for name in ("corpus.h5", "contexts.h5", "skipgram.h5"))
    splits = ["--valid", texts["valid"], "--test", texts["valid"]]
    succeed("tokenize_corpus", texts["train"], *splits, "--sentence-end=<eos>", "--output", corpus)
    succeed("create_contexts", corpus, "--window=3", "--output", contexts)
    options = [f"--{name}={value}" for name, value in LEARNED.items()]
    succeed("train_word2vec", contexts, "--model=skip-gram", "--dynamic", *options, "--output", trained)
    ours = lexloom.train_vectors(SENTENCES, "skipgram", window=3, **LEARNED)
    same_vectors(ours, lexloom.load(trained))

    again = tmp_path / "again.h5"
    succeed("train_word2vec", contexts, *options, f"--start={trained}", "--output", again)
    ours = lexloom.train_vectors(SENTENCES, "cbow", window=3, start=str(trained), **LEARNED)
    same_vectors(ours, lexloom.load(again))

    # Steps so long that averaging begins, and helps.
    unsteady = {"optimizer": "sgd", "learning_rate": 20, "schedule": "constant", "average_after": 1}
    settings = RECURRENT | unsteady | {"epochs": 6}
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    succeed("train_rnnlm", corpus, "--cell=gru", *options, "--output", tmp_path / "gru.h5")
    ours = lexloom.train_language_model(SENTENCES, "gru", valid=SENTENCES[:30], **settings)
    stored = read_artifact(tmp_path / "gru.h5", "rnnlm")
    for parameter in ours.model.parameters():
        np.testing.assert_array_equal(parameter.data, stored[parameter.name])


def test_what_happens_in_each_epoch_is_reported():
    records = []
    lexloom.train_vectors(SENTENCES, "cbow", **LEARNED, report=records.append)
    assert [record["epoch"] for record in records] == [1, 2]
    options = RECURRENT | {"epochs": 2, "valid": SENTENCES[:9], "report": records.append}
    lexloom.train_language_model(SENTENCES, "rnn", **options)
    assert [record["valid_perplexity"] > 1 for record in records[2:]] == [True, True]


words = st.sampled_from(["cat", "dog", "sees", "the", "Oslo"])
texts = st.lists(st.lists(words, min_size=1, max_size=6), min_size=2, max_size=8)


@given(texts)
@hypothesis_settings(max_examples=25)
def test_strings_and_lists_of_words_are_the_same_sentences(sentences):
    strings = [" ".join(sentence) for sentence in sentences]
    same_vectors(lexloom.train_vectors(strings, "ppmi"), lexloom.train_vectors(sentences, "ppmi"))
    model = lexloom.train_language_model(strings, "ngram", order=2)
    scores = [model.score(each) for each in (strings, sentences, "\n".join(strings))]
    for score in scores:
        assert [line.words for line in score] == [[*sentence, "<eos>"] for sentence in sentences]
    assert len({model.perplexity(each) for each in (strings, "\n".join(strings))}) == 1


@given(texts, st.integers(1, 9))
@hypothesis_settings(max_examples=25)
def test_answers_in_words_are_those_in_ids(sentences, count):
    vectors = lexloom.train_vectors(sentences, "ppmi")
    word = sentences[0][0]
    (neighbours,), (cosines,) = vectors.nearest(vectors.ids([word]), count)
    expected = [(vectors.words[i], value) for i, value in zip(neighbours, cosines, strict=True)]
    assert vectors.most_similar(word, count) == expected
    for other, cosine in expected:
        assert vectors.similarity(word, other) == pytest.approx(cosine, abs=1e-6)
        assert vectors[word] @ vectors[other] == pytest.approx(cosine, abs=1e-6)
    assert list(vectors) == vectors.words
    assert len(vectors) == len(vectors.words)


def test_a_text_is_written_by_seed_or_by_generator():
    model = lexloom.train_language_model(SENTENCES, "ngram")
    text = list(model.generate(tokens=20, rng=3))
    assert len(text) == 20
    assert text == list(model.generate(tokens=20, rng=3))
    assert text != list(model.generate(tokens=20, rng=np.random.default_rng(3)))
    assert text != list(model.generate(tokens=20))


def test_a_language_model_is_read_from_a_file(tmp_path):
    counts = count_ngrams(np.array([1, 2, 0] * 9), 3, 2, 0)
    tokenizer = {"pattern": None, "lower": True, "normalize": None, "sentence_end": "<eos>"}
    datasets = {"counts_1": counts[0], "counts_2": counts[1], "words": ["<eos>", "cats", "sleep"]}
    write_artifact(tmp_path / "n.h5", "ngram", datasets, Provenance({"order": 2, "tokenizer": tokenizer}))
    model = lexloom.load(tmp_path / "n.h5")
    assert " ".join(model.generate("Cats", tokens=2, temperature=0)) == "cats sleep <eos>"


def test_word_vectors_of_other_programs_are_loaded_like_ours(tmp_path):
    (tmp_path / "glove.txt").write_text("king 1 2\nqueen 1 3\nParis -1 0\n")
    vectors = lexloom.load(tmp_path / "glove.txt")
    assert isinstance(vectors, lexloom.WordVectors)
    assert ("king" in vectors, "duke" in vectors) == (True, False)
    assert vectors["king"] == pytest.approx([1 / 5**0.5, 2 / 5**0.5])
    assert [word for word, _ in vectors.most_similar("king")] == ["queen", "Paris"]


def test_what_holds_neither_vectors_nor_a_model_is_not_loaded(tmp_path):
    write_artifact(tmp_path / "corpus.h5", "corpus", {"words": ["a"]})
    (tmp_path / "book.txt").write_text("The old king sleeps.\n")
    (tmp_path / "cut.h5").write_bytes((tmp_path / "corpus.h5").read_bytes()[:-1])
    for name, message in {
        "no.h5": "no such file",
        "corpus.h5": "holds 'corpus', expected 'vectors' or 'ppmi' or 'rnnlm' or 'ngram'",
        "cut.h5": "damaged",
        "book.txt": "neither a file of lexloom nor word vectors of another program",
    }.items():
        with pytest.raises(lexloom.LexloomError, match=f"{name}: {message}"):
            lexloom.load(tmp_path / name)


def test_the_surprisal_of_a_text_is_that_of_its_words_in_bits(tmp_path):
    model = lexloom.train_language_model(SENTENCES, "ngram")
    text = SENTENCES[:3]
    (tmp_path / "text.txt").write_text("\n".join(text))
    surprisal = model.surprisal(text)
    assert surprisal == model.surprisal("\n".join(text)) == model.surprisal(tmp_path / "text.txt")
    assert [word for word, _ in surprisal] == [word for line in model.score(text) for word in line.words]
    mean = np.mean([bits for _, bits in surprisal])
    assert 2**mean == pytest.approx(model.perplexity(text))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sentences": "the cat"}, "sentences: one string, 'the cat'; expected a list of sentences"),
        ({"sentences": []}, "sentences: no word; expected at least one"),
        (
            {"method": "word2vec"},
            "method: unknown name 'word2vec'; expected one of skipgram, cbow, svd, ppmi",
        ),
        ({"method": "skip-gram"}, r"method: unknown name 'skip-gram'; did you mean skipgram\?"),
        ({"epoch": 3}, r"epoch: no such key, did you mean epochs\?"),
        ({"method": "svd", "epochs": 3}, "epochs: no such key; allowed here: window, "),
        ({"window": 0}, "window: 0 is not allowed; expected a whole number, at least 1, at most 100"),
        ({"dimension": 2.5}, r"dimension: 2\.5 is not allowed; expected a whole number"),
        ({"method": "svd", "dimension": 0}, "dimension: 0 is not allowed; expected a whole number"),
        ({"epochs": 0}, "epochs: 0 is not allowed; expected a whole number"),
        ({"seed": -1}, "seed: -1 is not allowed; expected a whole number, at least 0"),
        ({"min_count": 0}, "min_count: 0 is not allowed; expected"),
        ({"device": "gpu"}, 'device: "gpu" is not allowed'),
        ({"optimizer": "adm"}, 'optimizer: "adm" is not allowed; expected one of sgd'),
        ({"schedule": "none"}, 'schedule: "none" is not allowed'),
        ({"subsample": 2}, "subsample: 2 is not allowed; expected"),
        ({"sentences": [None]}, r"sentences: number 0 \(from 0\) is None; expected a string or a list"),
        ({"model": "cbow"}, "model: not an argument of method 'skipgram'; leave it out"),
        ({"start": "nowhere.h5"}, "nowhere.h5: no such file"),
        ({"method": "svd", "start": "a.h5"}, "start: no such key"),
        ({"method": "svd", "report": print}, "report: not an argument of method 'svd'"),
        ({"method": "ppmi", "device": "cuda"}, "device: not an argument of method 'ppmi'"),
    ],
)
def test_a_mistake_in_training_vectors_is_named_with_what_to_do(arguments, message):
    with pytest.raises(lexloom.LexloomError, match=message):
        lexloom.train_vectors(**{"sentences": SENTENCES[:50]} | arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sentences": [["a", ""]]}, r"sentences: number 0 \(from 0\) has the word ''; expected words"),
        ({"method": "lstms"}, r"method: unknown name 'lstms'; did you mean lstm\?"),
        ({"method": "ngram", "hidden": 3}, "hidden: no such key; allowed here: order"),
        ({"hiden": 3}, r"hiden: no such key, did you mean hidden\?"),
        ({"hidden": "3"}, 'hidden: "3" is not allowed; expected a whole number'),
        ({"tied": True, "embedding": 4, "hidden": 5}, "tied: "),
        ({"patience": 2}, "patience: 2, but there is no text to measure on; give valid"),
        ({"average_after": 3}, "average_after: 3, but there is no text to measure on; give valid"),
        ({"cell": "rnn"}, "cell: not an argument of method 'lstm'; leave it out"),
        ({"method": "ngram", "valid": ["the"]}, "valid: not an argument of method 'ngram'"),
        ({"method": "ngram", "report": print}, "report: not an argument of method 'ngram'"),
        ({"method": "ngram", "device": "cuda"}, "device: not an argument of method 'ngram'"),
        ({"valid": []}, "valid: no word; expected at least one sentence"),
        ({"valid": ["zebras sleep"]}, "valid: 'zebras' is not among .* min_count 2 or more"),
        ({"method": "ngram", "order": 0}, "order: 0 is not allowed; expected a whole number, at least 1"),
    ],
)
def test_a_mistake_in_training_a_language_model_is_named_with_what_to_do(arguments, message):
    with pytest.raises(lexloom.LexloomError, match=message):
        lexloom.train_language_model(**{"sentences": SENTENCES[:50]} | arguments)


def test_a_mistake_in_a_question_is_named_with_what_to_do(tmp_path):
    vectors = lexloom.train_vectors(SENTENCES, "ppmi")
    model = lexloom.train_language_model(SENTENCES, "ngram")
    for question, message in [
        (lambda: vectors.most_similar("capitall"), r"'capitall': not among .*; did you mean capital"),
        (lambda: vectors["capitall"], r"did you mean capital"),
        (lambda: vectors.similarity("the", "capitall"), r"did you mean capital"),
        (lambda: vectors.analogy("the", "is", "capitall"), r"did you mean capital"),
        (lambda: vectors.analogy("the", "is", "in", method="3cosmul"), r"did you mean 3CosMul\?"),
        (lambda: vectors.most_similar("the", count=0), "count: 0; expected a whole number, 1 or more"),
        (lambda: lexloom.load(tmp_path / "no.h5"), "no.h5: "),
        (lambda: lexloom.evaluate_word_pairs(vectors, tmp_path / "no.txt"), "no.txt: no such file"),
        (lambda: lexloom.evaluate_word_analogies(vectors, tmp_path / "no.txt"), "no.txt: no such file"),
        (lambda: lexloom.load(tmp_path / "no.h5"), "no.h5: "),
        (lambda: model.score(""), "text: no word; expected"),
        (lambda: model.perplexity("zebras"), "text: 'zebras' is not among"),
        (lambda: list(model.generate("zebras")), "prompt: 'zebras' is not among"),
        (lambda: list(model.generate(tokens=-1)), "tokens: -1; expected a whole number, 0 or more"),
        (lambda: list(model.generate(temperature=-1)), "temperature: -1; expected 0 or more"),
        (lambda: list(model.generate(rng=-1)), "rng: -1; expected a whole number, 0 or more"),
        (lambda: list(model.generate(top_k=0)), "top_k: 0; expected a whole number, 1 or more"),
        (lambda: lexloom.sample_sentences(0), "tokens: 0; expected"),
    ]:
        with pytest.raises(lexloom.LexloomError, match=message):
            question()


def test_test_sets_are_scored_by_path(tmp_path):
    vectors = lexloom.train_vectors(SENTENCES, "svd", dimension=20)
    (tmp_path / "pairs.txt").write_text("cat dog 9\ncat paris 1\ndog zebra 3\n")
    (tmp_path / "questions.txt").write_text(": plural\ncat cats dog dogs\n")
    score = lexloom.evaluate_word_pairs(vectors, tmp_path / "pairs.txt")
    assert (score.test_set, score.measure, score.covered, score.total) == ("pairs", "Spearman", 2, 3)
    scores = lexloom.evaluate_word_analogies(vectors, tmp_path / "questions.txt")
    assert [(score.measure, score.total) for score in scores] == [("3CosAdd", 1), ("3CosMul", 1)]


def test_a_typed_package_says_so():
    assert (Path(lexloom.__file__).parent / "py.typed").read_text() == ""
