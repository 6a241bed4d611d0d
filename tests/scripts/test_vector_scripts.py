import re

import numpy as np
import pytest
from running import run_script, succeed
from scipy import sparse

from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact

WORDS = ["cat", "dog", "cow", "red", "blue", "green"]


def tabulate(folder, *scores):
    """Run the script on files of scores, each of vectors that took two jobs of a second and a half."""
    (folder / "job.tsv").write_text("s\th:m:s\n1.5\t0:00:01\n")
    jobs = ["--benchmarks", folder / "job.tsv", folder / "job.tsv"] * len(scores)
    corpus = ["--corpus", folder / "corpus.h5"]
    return run_script("tabulate_vectors", "--output", folder / "table.txt", *corpus, *jobs, "--", *scores)


@pytest.fixture
def folder(tmp_path):
    rows = np.random.default_rng(1).uniform(size=(6, 4)).astype(np.float32)
    rows[:3, 0] += 2
    write_artifact(
        tmp_path / "svd.h5", "vectors", {"vectors": rows, "words": WORDS}, Provenance({"epochs": 6})
    )
    write_artifact(
        tmp_path / "ppmi.h5",
        "ppmi",
        {"ppmi": sparse.csr_array(rows @ rows.T), "words": WORDS},
        Provenance({}),
    )
    counts = np.array([9, 8, 1, 7, 5, 2])
    write_artifact(tmp_path / "corpus.h5", "corpus", {"counts": counts, "words": WORDS})
    classes = np.array([0, 0, 0, 1, 1, 1], np.int32)
    gold = {"words": WORDS, "word_classes": classes, "class_names": ["animal", "colour"]}
    gold |= {"analogies": np.array([[0, 1, 3, 4]], np.int32), "reference_perplexity": np.array(2.5)}
    write_artifact(tmp_path / "gold.h5", "gold", gold)
    (tmp_path / "pairs.txt").write_text("cat dog 9\ncat red 2\nDog blue 1\ncow horse 8\nred blue 7\n")
    (tmp_path / "questions.txt").write_text(": colours\ncat dog red blue\ncat dog pink blue\n")
    return tmp_path


def test_scores_and_nearest_words_stand_side_by_side(folder):
    for method in ("ppmi", "svd"):
        succeed(
            "evaluate_vectors",
            *("--similarity", folder / "pairs.txt", "--analogies", folder / "questions.txt"),
            *("--queries", "Cat", "green", "--neighbours", 3),
            *("--output", folder / "scores" / f"{method}.h5", "--", folder / f"{method}.h5"),
        )
    scores = [folder / "scores" / f"{method}.h5" for method in ("ppmi", "svd")]
    assert tabulate(folder, *scores).returncode == 0
    table, times, *neighbours = (folder / "table.txt").read_text().split("\n\n")
    rows = [line.split() for line in table.splitlines()]
    assert rows[0] == ["test_set", "measure", "covered", "total", "ppmi", "svd"]
    assert [row[:4] for row in rows[1:]] == [
        ["pairs", "Spearman", "4", "5"],
        ["questions", "3CosAdd", "1", "2"],
        ["questions", "3CosMul", "1", "2"],
    ]
    assert [line.split() for line in times.splitlines()] == [
        ["method", "epochs", "seconds", "words/s"],
        ["ppmi", "1", "3.0", "11"],
        ["svd", "6", "3.0", "64"],
    ]
    svd = read_artifact(scores[1], "similarity")
    low, high = svd["intervals"][0]
    assert rows[1][5] == f"{svd['scores'][0]:.3f}[{low:.3f},{high:.3f}]"
    heads = [block.splitlines()[0].split() for block in neighbours]
    assert heads == [["nearest_to:cat", "ppmi", "svd"], ["nearest_to:green", "ppmi", "svd"]]
    first = neighbours[0].splitlines()[1].split()
    nearest = WORDS[svd["neighbours"][0, 0]]
    assert nearest in ("dog", "cow")
    assert first[0] == "1"
    assert first[2] == f"{nearest}:{svd['cosines'][0, 0]:.2f}"


def test_a_generated_corpus_is_scored_by_its_own_classes_and_analogies(folder):
    succeed("evaluate_vectors", "--gold", folder / "gold.h5", "--output", folder / "s.h5", folder / "svd.h5")
    scores = read_artifact(folder / "s.h5", "similarity")
    assert scores["measures"] == ["nearest", "3CosAdd", "3CosMul"]
    assert scores["covered"].tolist() == [6, 1, 1]
    assert scores["queries"] == []


def test_scores_of_different_corpora_are_not_put_side_by_side(folder):
    for name, query in (("one", "cat"), ("two", "dog")):
        succeed(
            "evaluate_vectors", "--output", folder / f"{name}.h5", "--queries", query, "--", folder / "svd.h5"
        )
    result = tabulate(folder, folder / "one.h5", folder / "two.h5")
    assert result.returncode == 1
    assert "their queries differ; tabulate vectors of one corpus" in result.stderr
    assert not (folder / "table.txt").exists()


def test_a_set_without_a_known_pair_has_a_dash(folder):
    (folder / "pairs.txt").write_text("horse mare 9\n")
    options = ["--similarity", folder / "pairs.txt", "--output", folder / "s.h5", "--", folder / "svd.h5"]
    succeed("evaluate_vectors", *options)
    assert tabulate(folder, folder / "s.h5").returncode == 0
    assert (folder / "table.txt").read_text().splitlines()[1].split() == ["pairs", "Spearman", "0", "1", "-"]


def test_a_score_of_too_few_pairs_has_no_interval(folder):
    (folder / "pairs.txt").write_text("cat dog 9\ncat red 2\n")
    options = ["--similarity", folder / "pairs.txt", "--output", folder / "s.h5", "--", folder / "svd.h5"]
    succeed("evaluate_vectors", *options)
    assert tabulate(folder, folder / "s.h5").returncode == 0
    assert (folder / "table.txt").read_text().splitlines()[1].split()[2:] == ["2", "2", "1.000"]


def test_a_misspelt_query_has_dashes_and_a_hint(folder):
    result = run_script(
        "evaluate_vectors", "--output", folder / "s.h5", "--queries", "gren", "cat", "--", folder / "svd.h5"
    )
    assert result.returncode == 0
    assert result.stderr == "'gren': not among the 6 words of these vectors; did you mean green?\n"
    assert tabulate(folder, folder / "s.h5").returncode == 0
    _, _, missing, known = (folder / "table.txt").read_text().split("\n\n")
    rows = [line.split() for line in missing.splitlines()]
    assert rows == [["nearest_to:gren", "s"], *([f"{rank}", "-"] for rank in range(1, 6))]
    assert known.startswith("nearest_to:cat")
    assert "-" not in known.split()


def test_a_query_that_is_no_text_is_said_and_passed_over(folder):
    queries = ("--queries", "\udcff\x1b", "cat")
    result = run_script("evaluate_vectors", "--output", folder / "s.h5", *queries, "--", folder / "svd.h5")
    assert result.returncode == 0, result.stderr
    assert read_artifact(folder / "s.h5", "similarity")["queries"] == ["\\udcff\x1b", "cat"]
    assert "\x1b" not in result.stderr


def test_an_unknown_query_is_stored_as_it_is_and_shown_with_escapes(folder):
    queries = ("--queries", "a\x1b[31m\u200b", "two\nlines", "cat")
    succeed("evaluate_vectors", "--output", folder / "s.h5", *queries, "--", folder / "svd.h5")
    stored = read_artifact(folder / "s.h5", "similarity")["queries"]
    assert stored == ["a\x1b[31m\u200b", r"two\nlines", "cat"]
    assert tabulate(folder, folder / "s.h5").returncode == 0
    assert r"nearest_to:a\x1b[31m\u200b " in (folder / "table.txt").read_text()


def test_different_misspelt_queries_are_not_put_side_by_side(folder):
    for name, query in (("one", "gren"), ("two", "rad")):
        succeed(
            "evaluate_vectors", "--output", folder / f"{name}.h5", "--queries", query, "--", folder / "svd.h5"
        )
    scores = folder / "one.h5", folder / "two.h5"
    assert "their queries differ" in tabulate(folder, *scores).stderr


def test_the_times_of_too_few_vectors_are_refused(folder):
    for name in ("one", "two"):
        succeed("evaluate_vectors", "--output", folder / f"{name}.h5", folder / "svd.h5")
    (folder / "job.tsv").write_text("s\n1\n")
    options = ["--corpus", folder / "corpus.h5", "--benchmarks", folder / "job.tsv"]
    scores = folder / "one.h5", folder / "two.h5"
    result = run_script("tabulate_vectors", "--output", folder / "t", *options, "--", *scores)
    assert "--benchmarks: given 1 times; expected once for each of the scores, 2 times" in result.stderr


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("plot_words", ["svd.h5", "corpus.h5"]),
        ("plot_words", ["--gold", "gold.h5", "--", "svd.h5", "corpus.h5"]),
        ("plot_ppmi", ["--count", "4", "ppmi.h5", "corpus.h5"]),
    ],
)
def test_figures_of_words_are_drawn(folder, script, arguments):
    files = [folder / word if word.endswith(".h5") else word for word in arguments]
    succeed(script, "--output", folder / "figure.png", *files)
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("script", "file"), [("plot_words", "svd.h5"), ("plot_ppmi", "ppmi.h5")])
def test_vectors_are_not_drawn_with_the_counts_of_other_words(folder, script, file):
    other = {"counts": np.arange(6), "words": WORDS[::-1]}
    write_artifact(folder / "other.h5", "corpus", other)
    result = run_script(script, "--output", folder / "f.png", folder / file, folder / "other.h5")
    assert result.returncode == 1
    assert f"{file} and" in result.stderr
    assert "their words differ" in result.stderr
    assert not (folder / "f.png").exists()


def test_training_curves_are_drawn(folder):
    losses = np.array([3.0, 2.5, 2.4])
    write_artifact(folder / "cbow.h5", "vectors", {"losses": losses})
    history = {"history/train_perplexity": np.exp(losses), "history/valid_perplexity": np.exp(losses) + 1}
    columns = ("epochs", "perplexity", "gradient_norm", "learning_rate")
    history |= {f"steps/{name}": np.exp(losses) for name in columns}
    write_artifact(folder / "lstm.h5", "rnnlm", history)
    succeed("plot_training_curves", "--output", folder / "curves.png", folder / "cbow.h5")
    gold = ["--gold", folder / "gold.h5"]
    succeed("plot_perplexity", "--output", folder / "perplexity.png", *gold, "--", folder / "lstm.h5")
    succeed("plot_rnnlm_training", "--output", folder / "training.png", folder / "lstm.h5")
    (folder / "lstm.csv").write_text("step,tokens_per_s\n100,1\n200,5\n300,4\n")
    succeed("plot_rnnlm_speed", "--output", folder / "speed.png", folder / "lstm.csv")
    untrained = run_script("plot_training_curves", "--output", folder / "none.png", folder / "svd.h5")
    assert untrained.returncode == 1
    assert "svd.h5: vectors without 'losses'" in untrained.stderr
    for name in ("curves", "perplexity", "training", "speed"):
        assert (folder / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_without_queries_words_of_the_corpus_are_listed_and_few_items_are_said(folder):
    scored = ("--similarity", folder / "pairs.txt", "--corpus", folder / "corpus.h5")
    result = run_script("evaluate_vectors", "--output", folder / "s.h5", *scored, "--", folder / "svd.h5")
    assert re.search(r"pairs, Spearman: only \d+ of \d+ items have all their words", result.stderr)
    queries = read_artifact(folder / "s.h5", "similarity")["queries"]
    assert queries
    assert set(queries) <= set(read_artifact(folder / "corpus.h5", "corpus")["words"]) - {"<unk>", "<eos>"}
