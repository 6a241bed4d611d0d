"""The programs that train and measure language models."""

from dataclasses import asdict

import matplotlib.image
import numpy as np
import pytest
from running import run_script, succeed

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.vocabulary import word_before_text
from lexloom.language.ngram import NGramLM, count_ngrams
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact

IDS = np.random.default_rng(0).integers(0, 6, 300).astype(np.int32)


def write_corpus(path, words, end="a"):
    texts = {"train": IDS, "valid": IDS[:50], "test": IDS[50:99]}
    datasets = texts | {"words": words, "counts": np.bincount(IDS, minlength=len(words))}
    write_artifact(path, "corpus", datasets, Provenance(asdict(Tokenizer(sentence_end=end))))


def train(folder, *arguments):
    small = ("--embedding", 4, "--hidden", 4, "--epochs", 1, "--batch", 4, "--steps", 10)
    return run_script("train_rnnlm", folder / "corpus.h5", "--output", folder / "lm.h5", *small, *arguments)


@pytest.fixture
def folder(tmp_path):
    write_corpus(tmp_path / "corpus.h5", list("abcdef"))
    return tmp_path


@pytest.mark.parametrize("options", [(), ("--samples", 3)])
def test_a_model_is_the_same_file_for_any_number_of_threads_and_is_measured(folder, options):
    files = []
    for threads in (1, 2):
        assert train(folder, "--learning-rate", 1, "--threads", threads, *options).returncode == 0
        files.append((folder / "lm.h5").read_bytes())
    assert files[0] == files[1]
    succeed("evaluate_perplexity", folder / "lm.h5", folder / "corpus.h5", "--output", folder / "p.h5")
    measured = read_artifact(folder / "p.h5", "perplexity")
    assert measured["epochs"] == 1
    history = read_artifact(folder / "lm.h5", "rnnlm")["history"]
    assert measured["valid"] == pytest.approx(history["valid_perplexity"][0])
    assert_tokens_agree(measured)


def assert_tokens_agree(measured):
    """A perplexity is that of its tokens' log probabilities, of which none is left out."""
    for split, size in (("valid", 50), ("test", 49)):
        values = measured["log_probabilities"][split]
        assert (values.shape, values.dtype) == ((size,), np.float64)
        assert measured[split] == pytest.approx(np.exp(-values.mean()), rel=1e-12)


@pytest.mark.parametrize("end", ["a", None])
def test_an_ngram_model_is_counted_and_measured(folder, end):
    write_corpus(folder / "corpus.h5", list("abcdef"), end)
    succeed("train_ngram", folder / "corpus.h5", "--order", 3, "--output", folder / "ngram.h5")
    succeed("evaluate_perplexity", folder / "ngram.h5", folder / "corpus.h5", "--output", folder / "p.h5")
    measured = read_artifact(folder / "p.h5", "perplexity")
    assert_tokens_agree(measured)
    before = word_before_text(list("abcdef"), end)
    model = NGramLM(count_ngrams(IDS, 6, 3, before), before)
    np.testing.assert_array_equal(measured["log_probabilities"]["test"], model.log_probabilities(IDS[50:99]))
    assert measured["parameters"] == sum(len(level.words) for level in model.levels)


def test_the_table_needs_a_benchmark_of_each_model(folder):
    datasets = {name: np.float64(2) for name in ("train", "valid", "test")}
    datasets |= {name: np.int64(2) for name in ("parameters", "epochs")}
    write_artifact(folder / "p.h5", "perplexity", datasets, Provenance({"trained_on": "cpu"}))
    (folder / "b.tsv").write_text("s\th:m:s\n12.4\t0:00:12\n")
    (folder / "empty.tsv").write_text("")

    def tabulate(benchmark):
        model = ["--model", "lstm", folder / "p.h5", folder / benchmark]
        return run_script("tabulate_rnnlm", "--corpus=a", "--output", folder / "t", *model)

    refused = tabulate("empty.tsv")
    assert refused.returncode == 1
    assert "empty.tsv: no column s with a value" in refused.stderr
    assert not (folder / "t").exists()
    assert tabulate("b.tsv").returncode == 0
    assert (folder / "t").read_text().splitlines()[1].split()[-2:] == ["12", "cpu"]


def test_the_ladder_begins_with_the_worst_and_has_a_dash_where_no_perplexity_is_known(folder):
    (folder / "b.tsv").write_text("s\th:m:s\n12.4\t0:00:12\n")
    files = []
    for test in (80.0, 140.0):
        datasets = {"valid": np.float64(99), "test": np.float64(test), "epochs": np.int64(3)}
        files.append(folder / f"{test}.h5")
        write_artifact(files[-1], "perplexity", datasets, Provenance({"trained_on": "cuda: A card"}))
    known = ["--published", "ngram=141.2", "--expected", "lstm=79.5"]

    def tabulate(*names):
        pairs = zip(names, files, strict=True)
        models = [part for name, file in pairs for part in ("--model", name, file, folder / "b.tsv")]
        succeed("tabulate_ladder", "--output", folder / "t", *known, *models)

    nameless = ["--model", "lstm", files[0], folder / "b.tsv", "--published", "141.2"]
    refused = run_script("tabulate_ladder", "--output", folder / "t", *nameless)
    assert refused.returncode == 1
    assert "--published: '141.2'; expected NAME=PERPLEXITY" in refused.stderr
    tabulate("lstm", "ngram")
    assert [line.split() for line in (folder / "t").read_text().splitlines()[1:]] == [
        ["ngram", "141.2", "-", "140.00", "99.00", "3", "12", "cuda:_A_card"],
        ["lstm", "-", "79.5", "80.00", "99.00", "3", "12", "cuda:_A_card"],
    ]
    settings = {"trained_on": "cuda: A card", "adaptation": {"window": 500, "weight": 0.12345}}
    write_artifact(files[1], "perplexity", datasets, Provenance(settings))
    tabulate("lstm", "lstm+cache")
    assert [line.split() for line in (folder / "t").read_text().splitlines()[1:]] == [
        ["lstm", "-", "79.5", "80.00", "99.00", "3", "12", "cuda:_A_card"],
        [],
        ["adapted_at_test_time", "published", "expected", "ours", "valid", "settings", "seconds", "device"],
        ["lstm+cache", "-", "-", "140.00", "99.00", "weight=0.1235,window=500", "12", "cpu"],
    ]


def measure(folder, orders=(1, 3)):
    """Return the perplexities of n-gram models of some orders."""
    outputs = [folder / f"{order}_perplexity.h5" for order in orders]
    for order, output in zip(orders, outputs, strict=True):
        succeed("train_ngram", folder / "corpus.h5", "--order", order, "--output", folder / "ngram.h5")
        succeed("evaluate_perplexity", folder / "ngram.h5", folder / "corpus.h5", "--output", output)
    return outputs


def test_mixtures_are_fitted_on_valid_and_measured_on_test(folder):
    measured = measure(folder)
    succeed("tabulate_mixtures", "--output", folder / "t", *measured)
    head, *rows = [line.split() for line in (folder / "t").read_text().splitlines()]
    assert head == ["models", "weights", "valid", "test"]
    assert [row[0] for row in rows] == ["1", "3", "1+3"]
    weights = np.array(rows[2][1].split("+"), float)
    assert weights.sum() == pytest.approx(1, abs=0.002)
    assert float(rows[2][2]) <= min(float(rows[0][2]), float(rows[1][2]))
    p = [np.exp(read_artifact(path, "perplexity")["log_probabilities"]["test"]) for path in measured]
    assert float(rows[2][3]) == pytest.approx(np.exp(-np.log(weights @ np.array(p)).mean()), abs=0.02)
    for row, path in zip(rows, measured, strict=False):
        assert row[2:] == [f"{read_artifact(path, 'perplexity')[split]:.2f}" for split in ("valid", "test")]


def test_models_of_two_corpora_are_not_compared(folder):
    (first,) = measure(folder, [1])
    write_corpus(folder / "corpus.h5", list("fedcba"))
    (second,) = measure(folder, [2])
    mixed = run_script("tabulate_mixtures", "--output", folder / "t", first, second)
    assert "2_perplexity.h5 and " in mixed.stderr
    drawn = run_script(
        "plot_perplexity_bands", first, "--corpus", folder / "corpus.h5", "--output", folder / "f.png"
    )
    for result in (mixed, drawn):
        assert "not of the same corpus" in result.stderr
        assert result.returncode == 1
    assert not (folder / "t").exists()


@pytest.mark.parametrize("end", ["a", None])
def test_perplexity_by_band_is_drawn_with_and_without_sentence_ends(folder, end):
    write_corpus(folder / "corpus.h5", list("abcdef"), end)
    arguments = (*measure(folder), "--corpus", folder / "corpus.h5", "--output", folder / "f.png")
    succeed("plot_perplexity_bands", *arguments)
    width, height = matplotlib.image.imread(folder / "f.png").shape[1::-1]
    assert width / height == pytest.approx((11.5 if end else 6.5) / 4.5, rel=0.01)


@pytest.mark.parametrize(
    ("method", "names"),
    [
        ("cache", {"window", "theta", "weight"}),
        ("dynamic", {"learning_rate", "decay", "steps"}),
    ],
)
def test_a_model_adapts_with_settings_that_suit_valid(folder, method, names):
    assert train(folder, "--learning-rate", 1).returncode == 0
    succeed("evaluate_perplexity", folder / "lm.h5", folder / "corpus.h5", "--output", folder / "p.h5")
    arguments = ("--method", method, "--windows", 5, 20, "--thetas", 0.5, 1)
    arguments += ("--learning-rates", 0, 0.005, "--decays", 0.01, "--steps", 10, "--")
    arguments += (folder / "lm.h5", folder / "corpus.h5")
    files = []
    for threads in (1, 2):
        output = folder / f"{threads}.h5"
        succeed("adapt_rnnlm", "--output", output, "--threads", threads, *arguments)
        files.append(output.read_bytes())
    assert files[0] == files[1]
    measured = read_artifact(folder / "1.h5", "perplexity")
    assert set(measured.settings["adaptation"]) == names
    assert measured["valid"] <= read_artifact(folder / "p.h5", "perplexity")["valid"] * (1 + 1e-6)
    assert_tokens_agree(measured)


def test_gradients_are_drawn_as_far_back_as_a_short_text_goes(folder):
    assert train(folder, "--learning-rate", 1).returncode == 0
    arguments = (folder / "lm.h5", "--corpus", folder / "corpus.h5", "--output", folder / "f.png")
    for lags in (5, 60):
        succeed("plot_gradient_lags", *arguments, "--lags", lags)
    width, height = matplotlib.image.imread(folder / "f.png").shape[1::-1]
    assert width / height == pytest.approx(7 / 4.5, rel=0.01)


@pytest.mark.parametrize("words", [list("abcdeg"), list("abcdefg")])
def test_a_model_is_not_measured_on_a_corpus_of_other_words(folder, words):
    assert train(folder, "--learning-rate", 1).returncode == 0
    succeed("train_ngram", folder / "corpus.h5", "--output", folder / "ngram.h5")
    write_corpus(folder / "other.h5", words)
    for model in ("lm.h5", "ngram.h5"):
        result = run_script(
            "evaluate_perplexity", folder / model, folder / "other.h5", "--output", folder / "p.h5"
        )
        assert result.returncode == 1
        assert f"{model} and" in result.stderr
        assert result.stderr.count("\n") == 1
        assert not (folder / "p.h5").exists()
