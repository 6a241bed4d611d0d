"""The whole graph on small corpora: what it makes, that it makes it the same again, and what it refuses."""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from lexloom.storage.artifacts import read_artifact
from lexloom.storage.checksums import file_sha256
from lexloom.storage.layouts import VERSIONS

AGAIN = [
    *(f"results/sample/similarity/{name}.h5" for name in ("ppmi", "svd", "cbow", "skipgram")),
    *(f"results/sample/figures/{name}.png" for name in ("words_svd", "perplexity", "gradient_lags")),
    "results/sample/mixtures.txt",
    "results/sample/explorer.html",
    "results/sample/rnnlm/adapted/tiny_dynamic.h5",
]
"""All that takes several threads, and some of what is drawn and tabulated."""

TIMED = tuple(f"{table}.{form}" for table in ("rnnlm_ppl", "ladder", "vectors") for form in ("txt", "html"))


def made(folder):
    """Return the sha256 of each file that the graph made, but for what tells the time."""
    files = [path for room in ("data", "results") for path in (folder / room).rglob("*") if path.is_file()]
    timeless = [path for path in files if path.suffix not in (".tsv", ".csv") and path.name not in TIMED]
    return {str(path.relative_to(folder)): file_sha256(path) for path in timeless}


def test_the_table_of_language_models(workflow):
    head, line = (workflow.folder / "results/rnnlm_ppl.txt").read_text().splitlines()
    assert (
        " ".join(head.split()) == "corpus model parameters epochs train valid test reference seconds device"
    )
    row = dict(zip(head.split(), line.split(), strict=True))
    assert (row["corpus"], row["model"], row["epochs"], row["device"]) == ("sample", "tiny", "1", "cpu")
    assert 1 < float(row["reference"]) < float(row["test"])


def test_the_ladder_of_language_models(workflow):
    plain, adapted = (workflow.folder / "results/sample/ladder.txt").read_text().split("\n\n")
    head, *lines = plain.splitlines()
    assert " ".join(head.split()) == "rung published expected ours valid epochs seconds device"
    rows = [dict(zip(head.split(), line.split(), strict=True)) for line in lines]
    assert {row["rung"]: row["published"] for row in rows} == {"ngram": "15.5", "tiny": "-"}
    assert {row["rung"]: row["expected"] for row in rows} == {"ngram": "-", "tiny": "700.25"}
    assert float(rows[0]["ours"]) > float(rows[1]["ours"]) > 1
    head, *lines = adapted.splitlines()
    rows = {line.split()[0]: dict(zip(head.split(), line.split(), strict=True)) for line in lines}
    assert set(rows) == {"tiny+cache", "tiny+dynamic"}
    assert (rows["tiny+cache"]["published"], rows["tiny+cache"]["expected"]) == ("12.5", "300.5")
    assert "window=20" in rows["tiny+cache"]["settings"]


def test_the_table_of_word_vectors(workflow):
    _, times, *_ = (workflow.folder / "results/sample/vectors.txt").read_text().split("\n\n")
    head, *lines = times.splitlines()
    assert head.split() == ["method", "epochs", "seconds", "words/s"]
    rows = [dict(zip(head.split(), line.split(), strict=True)) for line in lines]
    beside = {"gensim_cbow": "2", "gensim_skipgram": "1"} if find_spec("gensim") else {}
    epochs = {"ppmi": "1", "svd": "1", "cbow": "1", "skipgram": "1"}
    assert {row["method"]: row["epochs"] for row in rows} == epochs | beside
    assert all(float(row["seconds"]) > 0 and float(row["words/s"]) > 0 for row in rows)


def test_every_artifact_is_whole_and_knows_its_seed_and_inputs(workflow):
    paths = [path for room in ("data", "results") for path in (workflow.folder / room).rglob("*.h5")]
    artifacts = {path.name: read_artifact(path, tuple(VERSIONS), []) for path in paths}
    assert len(paths) >= 15
    assert artifacts["tiny.h5"].settings["hidden"] == 8
    assert artifacts["tiny.h5"].seed == 1
    assert set(artifacts["tiny_perplexity.h5"].inputs) == {"tiny.h5", "corpus.h5"}


def test_every_job_leaves_a_log_and_a_benchmark(workflow):
    for name in ("tokenize_corpus", "train_rnnlm_tiny", "train_cbow", "evaluate_vectors_svd"):
        assert (workflow.folder / f"logs/sample/{name}.log").is_file()
        assert (workflow.folder / f"results/sample/benchmarks/{name}.tsv").read_text().startswith("s\t")


def test_a_second_run_does_nothing(workflow):
    before = {path: path.stat().st_mtime_ns for path in (workflow.folder / "results").rglob("*")}
    assert "Nothing to be done" in workflow.snakemake("all").stdout
    assert {path: path.stat().st_mtime_ns for path in (workflow.folder / "results").rglob("*")} == before


def test_another_run_in_another_folder_with_two_threads_gives_the_same_bytes(workflow, tmp_path):
    workflow.snakemake("--directory", str(tmp_path), "--config", "threads=2", "--", *AGAIN)
    again = made(tmp_path)
    assert len(again) > 20
    assert again == {path: sha256 for path, sha256 in made(workflow.folder).items() if path in again}


def test_the_log_of_a_training_that_failed_stays_and_needs_nothing_to_be_trained_again(workflow, tmp_path):
    astray = tmp_path / "astray.yaml"
    training = "{learning_rate: 1000, weight_decay: 1, clip: null, epochs: 9, dropout: 0}"
    astray.write_text(f"rnnlm: {{models: {{tiny: {training}}}}}\n")
    model, log = "results/sample/rnnlm/tiny.h5", tmp_path / "results/sample/rnnlm/tiny.csv"
    here = ("--directory", str(tmp_path), "--configfile", "tiny.yaml")
    assert workflow.snakemake(*here, str(astray), "--", model, check=False).returncode == 1
    assert not (tmp_path / model).exists()
    assert log.read_text().startswith("step,epochs,loss,")
    workflow.snakemake(*here, "--", "speeds")
    assert (tmp_path / "results/sample/figures/rnnlm_speed_tiny.png").is_file()
    assert log.read_text().count("\n") > 1


def test_models_with_other_settings_and_seeds_stand_in_a_table_and_more_seeds_train_nothing_else(workflow):
    def table():
        head, *lines = (workflow.folder / "results/sample/rnnlm_seeds.txt").read_text().splitlines()
        return [dict(zip(head.split(), line.split(), strict=True)) for line in lines]

    assert [(row["model"], row["runs"], "[" in row["test"]) for row in table()] == [("tiny", "1", False)]
    workflow.set("rnnlm.grids", {"tiny": {"dropout": [0.1, 0.5]}})
    workflow.set("seeds", [1, 2])
    try:
        workflow.snakemake("--", "results/sample/rnnlm_seeds.txt")
        rows = table()
        assert [(row["model"], row["runs"]) for row in rows] == [("tiny", "2"), ("tiny+dropout=0.5", "2")]
        cells = [re.fullmatch(r"(.*)\[(.*),(.*)\]", row["test"]).groups() for row in rows]
        assert all(float(low) < float(mean) < float(high) for mean, low, high in cells)
        assert len(set(cells)) == 2
        workflow.set("seeds", [1, 2, 3])
        changes = ("+seed=3", "+dropout=0.5+seed=3")
        runs = {f"results/sample/rnnlm/tiny{each}{end}.h5" for each in changes for end in ("", "_perplexity")}
        planned = {path for path in workflow.planned() if path.startswith("results/sample/rnnlm")}
        assert planned == {*runs, *(f"results/sample/rnnlm_seeds.{form}" for form in ("txt", "html"))}
    finally:
        workflow.set("rnnlm.grids", {})
        workflow.set("seeds", [1])


def test_the_speed_of_a_training_is_drawn_when_it_has_ended(unmade):
    log = unmade.folder / "results/sample/rnnlm/tiny.csv"
    log.parent.mkdir(parents=True)
    log.touch()
    try:
        assert ": train_rnnlm: " in unmade.snakemake("--dry-run", "speeds").stdout
    finally:
        log.unlink()


def test_a_corpus_counted_in_shards_gives_the_same_bytes_and_keeps_no_shard(workflow, tmp_path):
    counts = "data/own/cooccurrences.h5"
    (tmp_path / "own.txt").write_bytes((workflow.folder / "own.txt").read_bytes())
    shards = tmp_path / "shards.yaml"
    shards.write_text("counts: {shards: 3}\n")
    arguments = ("--directory", str(tmp_path), "--configfile", "tiny.yaml", str(shards), "--", counts)
    workflow.snakemake(*arguments)
    assert (tmp_path / counts).read_bytes() == (workflow.folder / counts).read_bytes()
    assert list((tmp_path / "results/own/benchmarks").glob("count_shard_*-of-3.tsv"))
    assert not list((tmp_path / "data/own").rglob("*-of-3.h5"))
    assert "Nothing to be done" in workflow.snakemake(*arguments).stdout


def test_the_graph_is_clean_to_the_lint_of_snakemake(workflow):
    assert "good condition" in workflow.snakemake("--lint").stdout


@pytest.mark.parametrize("target", ["results/rnnlm_ppl.txt", "all", "lessons", "sweep", "seeds", "speeds"])
def test_the_default_configuration_has_a_plan_for_each_target(unmade, target):
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "--quiet", "--", target]
    assert subprocess.run(command, cwd=unmade.folder, check=False, capture_output=True).returncode == 0


def test_a_plan_names_each_job_by_its_rule_and_outputs_and_none_of_its_modules(unmade):
    plan = unmade.snakemake("--dry-run", "results/sample/ngram.h5").stdout
    jobs = re.findall(r"^Job \d+: (.*)$", plan, re.M)
    assert sorted(jobs, key=len) == [
        "train_ngram: results/sample/ngram.h5",
        "tokenize_corpus: data/sample/corpus.h5",
        "generate_sample: "
        + " ".join(f"data/sample/{name}" for name in ("gold.h5", "train.txt", "valid.txt", "test.txt")),
    ]
    assert "src/lexloom" not in plan
    assert "Platform" not in plan


def test_a_mistake_in_the_configuration_stops_before_any_job_without_a_traceback(workflow):
    refused = workflow.snakemake("--config", "corpus=sampel", "seed=-1", "--", "all", check=False)
    assert refused.returncode == 1
    assert 'corpus: "sampel" is not one of corpora, did you mean sample?' in refused.stdout
    assert "seed: -1 is not allowed; expected a whole number, at least 0" in refused.stdout
    assert "Traceback" not in refused.stdout
    assert "Job " not in refused.stdout


def test_a_text_that_is_not_there_stops_before_any_job_even_where_a_corpus_was_made_of_it(workflow, tmp_path):
    (tmp_path / "data/mine").mkdir(parents=True)
    (tmp_path / "data/mine/corpus.h5").touch()
    mine = tmp_path / "mine.yaml"
    corpus = (
        "{source: files, files: [texts/a.txt], tokenize: {}, vectors: [cbow], models: [tiny], queries: [a]}"
    )
    mine.write_text(f"corpus: mine\ncorpora: {{mine: {corpus}}}\n")
    arguments = ("--directory", str(tmp_path), "--configfile", "tiny.yaml", str(mine))
    refused = workflow.snakemake(*arguments, "--", "all", check=False)
    assert refused.returncode == 1
    assert "no file is named texts/a.txt" in refused.stdout
