"""What the Python behind the rules promises, without Snakemake: which files, jobs and options there are."""

import copy
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from library import word_vectors as word_vectors_module
from library.configuration import read_configuration
from library.language_models import LanguageModels, model_files, model_options
from library.options import Options, names
from library.reports import Report, all_reports
from library.texts import Texts
from library.word_vectors import GENSIM, WordVectors
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from lexloom.settings.counts import Pairs
from lexloom.storage.checksums import file_sha256

ROOT = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((ROOT / "config/config.yaml").read_text())
TRAIN = DEFAULT["corpora"]["ptb"]["files"]["train"]
OWN = {"source": "files", "files": "*.txt", "vectors": ["cbow"], "models": ["lstm"], "queries": ["a"]}
SPLITS = ("train", "valid", "test")


def changed(changes=None):
    """Return the default configuration with changes in groups."""
    config = copy.deepcopy(DEFAULT)
    update_config(config, changes or {})
    return read_configuration(config)


def texts(changes=None):
    return Texts(changed(changes))


def word_vectors(changes=None):
    configuration = changed(changes)
    return WordVectors(configuration, Texts(configuration))


def language_models(changes=None):
    return LanguageModels(changed(changes))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with files of a person."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt", "-v.txt", "a.md"):
        (tmp_path / name).touch()
    return tmp_path


def test_downloads_are_those_of_the_corpora_and_of_the_test_sets():
    downloads = texts().downloads()
    sets = {each["path"] for each in DEFAULT["evaluation"]["sets"].values()}
    assert downloads.keys() == {f"ptb/ptb.{split}.txt" for split in SPLITS} | sets
    sha256, origins = downloads[TRAIN["path"]]
    assert sha256 == TRAIN["sha256"]
    assert len(origins) == 2
    assert all(origin.endswith("/ptb.train.txt") for origin in origins)


def test_one_file_may_be_downloaded_for_two_corpora():
    assert texts({"corpora": {"other": DEFAULT["corpora"]["ptb"]}}).downloads() == texts().downloads()


def test_two_downloads_of_one_path_have_one_checksum():
    other = DEFAULT["evaluation"]["sets"]["men"] | {"path": TRAIN["path"]}
    message = r"evaluation\.sets\.men and corpora\.ptb\.files\.train: both .* ptb/ptb\.train\.txt"
    with pytest.raises(WorkflowError, match=message):
        texts({"evaluation": {"sets": {"men": other}}}).downloads()


@pytest.mark.parametrize(
    "path",
    [
        "sample",
        "sample/train.txt",
        "sample/valid.txt",
        "sample/test.txt",
        "sample/train.txt/a",
        "sample/gold.h5",
        "sample/shards/1-of-2.h5",
        "sample/Contexts.H5",
        "ptb/corpus.h5",
        "ptb/ppmi.h5/a",
    ],
)
def test_a_download_is_no_file_that_is_made_here(path):
    men = {"evaluation": {"sets": {"men": {"path": path}}}}
    with pytest.raises(
        WorkflowError, match=rf"evaluation\.sets\.men: {re.escape(path)} is a file that is made"
    ):
        texts(men).downloads()


def test_a_download_is_no_folder_of_another():
    men = {"evaluation": {"sets": {"men": {"path": "ptb/a"}, "wordsim353": {"path": "ptb/a/b/c"}}}}
    with pytest.raises(WorkflowError, match=r"evaluation\.sets\.men: ptb/a is the folder of ptb/a/b/c"):
        texts(men).downloads()


def test_the_files_of_a_corpus_by_its_source(folder):
    split = {"train": ["a.txt", "a.*"], "valid": "b.txt", "test": "-v.txt"}
    corpora = texts({"corpora": {"own": OWN, "split": OWN | {"files": split}}})
    assert corpora.files("ptb") == {name: [f"data/ptb/ptb.{name}.txt"] for name in SPLITS}
    assert corpora.files("sample") == {name: [f"data/sample/{name}.txt"] for name in SPLITS}
    assert corpora.files("own") == {"train": ["-v.txt", "a.txt", "b.txt"]}
    assert corpora.files("split") == {"train": ["a.txt", "a.md"], "valid": ["b.txt"], "test": ["-v.txt"]}


@pytest.mark.parametrize(
    "path",
    ["data/own/texts.sha256", "data/own/corpus.h5", "data/sample/train.txt", "results/own/vectors.txt"],
)
def test_a_text_is_no_file_that_is_made_here(folder, path):
    (folder / path).parent.mkdir(parents=True)
    (folder / path).touch()
    for pattern in (f"{Path(path).parent}/*", str(folder / path)):
        with pytest.raises(
            WorkflowError, match=rf"corpora\.own\.files: .*{path} is among the files that are made"
        ):
            texts({"corpora": {"own": OWN | {"files": pattern}}}).files("own")


def test_a_text_beside_what_is_made_of_it_is_taken(folder):
    corpora = texts({"corpora": {"own": OWN | {"files": "data/own/*.txt"}}})
    (folder / "data/own").mkdir(parents=True)
    for name in ("mine.txt", "texts.sha256", "corpus.h5"):
        (folder / "data/own" / name).touch()
    assert corpora.files("own") == {"train": ["data/own/mine.txt"]}


def test_a_job_reads_the_list_that_it_was_planned_with(folder):
    configuration = changed({"corpora": {"own": OWN}})
    planned = Texts(configuration).tokenization("own")
    listed = (folder / "data/own/texts.sha256").read_text()
    (folder / "a.txt").write_text("edited")
    job = Texts(configuration, planning=False)
    assert job.inputs("own") == {"list": ["data/own/texts.sha256"]}
    assert job.tokenization("own") == planned
    assert (folder / "data/own/texts.sha256").read_text() == listed
    assert Texts(configuration).tokenization("own") != planned


def test_a_list_that_says_the_same_is_not_written_again(folder):
    """Snakemake reads only small files to see whether they changed; of a longer list, the date counts."""
    configuration = changed({"corpora": {"own": OWN}})
    Texts(configuration).inputs("own")
    before = (folder / "data/own/texts.sha256").stat()
    (folder / "a.txt").touch()
    Texts(configuration).inputs("own")
    assert (folder / "data/own/texts.sha256").stat() == before


def test_how_a_corpus_is_tokenized_says_its_files_in_order(folder):
    split = {"train": "a.txt", "valid": ["-v.txt", "b.txt"], "test": "b.txt"}
    own = {"own": OWN | {"tokenize": {"lower": True}}, "split": OWN | {"files": split}}
    corpora = texts({"corpora": own})
    one, three = corpora.tokenization("own"), corpora.tokenization("split")
    assert "--lower" in one.split()
    assert "--split 0.9 0.05 0.05" in one
    assert "--split" not in three
    listed = folder / "data/split/texts.sha256"
    assert corpora.inputs("split") == {"list": ["data/split/texts.sha256"]}
    assert "--list data/split/texts.sha256 --no-lower" in three
    assert f"--sha256 {file_sha256(listed)}" in three
    assert [line.split("  ")[-1] for line in listed.read_text().splitlines()] == [
        "# train",
        "a.txt",
        "# valid",
        "-v.txt",
        "b.txt",
        "# test",
        "b.txt",
    ]
    paths = [f"data/ptb/ptb.{name}.txt" for name in SPLITS]
    assert corpora.inputs("ptb") == {name: [path] for name, path in zip(SPLITS, paths, strict=True)}
    options = corpora.tokenization("ptb")
    assert f"--test {paths[2]} " in options
    assert options.endswith(f"--valid {paths[1]} -- {paths[0]}")


@pytest.mark.parametrize("path", ["eval/men.txt", "ptb/ptb.valid.txt"])
def test_a_download_that_was_edited_is_refused_where_it_is_used(folder, path):
    (folder / "data" / path).parent.mkdir(parents=True)
    (folder / "data" / path).write_text("edited")
    vectors = word_vectors()
    with pytest.raises(
        WorkflowError, match=rf"data/{path}: its sha256 is .*; delete the file to download it"
    ):
        vectors.texts.files("ptb") | vectors.test_sets("ptb")
    assert vectors.test_sets("sample") == vectors.texts.gold("sample")


def test_vectors_of_a_person_to_continue_from_are_known_by_their_checksum(folder):
    started = {"word2vec": {"models": {"skipgram": {"start": "a.txt"}, "cbow": {"start": "gone.h5"}}}}
    vectors = word_vectors(started)
    assert vectors.start_sha256("skipgram") == file_sha256("a.txt")
    assert vectors.start_sha256("cbow") is None
    (folder / "results/ptb").mkdir(parents=True)
    (folder / "results/ptb/cbow.h5").touch()
    vectors = word_vectors({"word2vec": {"models": {"skipgram": {"start": "results/ptb/cbow.h5"}}}})
    assert vectors.start_sha256("skipgram") is None, "Snakemake sees what its own rules make"


def test_only_of_a_generated_corpus_something_is_known():
    assert texts().gold("sample") == {"gold": ["data/sample/gold.h5"]}
    assert texts().gold("ptb") == {}
    assert texts().generated == ["sample"]


def test_a_perplexity_is_known_where_the_tokens_are_those_of_the_grammar():
    assert texts().reference("sample") == texts().gold("sample")
    assert texts().reference("ptb") == {}
    assert texts({"corpora": {"sample": {"tokenize": {"lower": True}}}}).reference("sample") == {}


def test_vectors_have_their_files_and_those_of_gensim_their_settings():
    vectors = word_vectors({"gensim": {"cbow": {"window": 3}, "skipgram": {"window": 7}}})
    assert vectors.path("ptb", "ppmi") == "data/ptb/ppmi.h5"
    assert vectors.path("ptb", "svd") == "results/ptb/svd.h5"
    assert {"ppmi", "svd", *DEFAULT["word2vec"]["models"], *GENSIM} <= set(vectors.names)
    assert vectors.trained("sample") == {"files": ["results/sample/cbow.h5", "results/sample/skipgram.h5"]}
    settings = [vectors.gensim_runs.settings[name] for name in GENSIM]
    assert [(each["model"], each["window"]) for each in settings] == [("cbow", 3), ("skip-gram", 7)]


def test_a_model_continues_from_others_where_it_says_so():
    vectors = word_vectors({"word2vec": {"models": {"skipgram": {"start": "results/ptb/cbow.h5"}}}})
    assert vectors.start("skipgram") == {"start": ["results/ptb/cbow.h5"]}
    assert vectors.start("cbow") == {}


def test_vectors_are_scored_on_downloads_or_on_what_is_known():
    sets = word_vectors().test_sets("ptb")
    assert sets["analogies"] == ["data/eval/questions-words.txt"]
    assert len(sets["similarity"]) == len(DEFAULT["evaluation"]["sets"]) - 1
    assert word_vectors().rated_sets("ptb") == {"similarity": sets["similarity"]}
    assert word_vectors().test_sets("sample") == {"gold": ["data/sample/gold.h5"]}
    options = word_vectors({"evaluation": {"neighbours": 3}}).evaluation("sample")
    assert options == "--gold data/sample/gold.h5 --neighbours 3 --queries cat walks red paris"


@pytest.mark.parametrize(("installed", "beside"), [(True, list(GENSIM)), (None, [])])
def test_each_kind_of_vectors_has_its_scores_and_the_times_of_its_jobs(monkeypatch, installed, beside):
    monkeypatch.setattr(word_vectors_module, "find_spec", lambda name: installed)
    vectors = word_vectors({"counts": {"shards": 2}})
    kinds = ["ppmi", "svd", "cbow_wide", "skipgram_wide", *beside]
    files = vectors.scores("ptb")
    assert files["files"] == [f"results/ptb/similarity/{name}.h5" for name in kinds]
    assert files["corpus"] == ["data/ptb/corpus.h5"]
    groups = [group.split() for group in vectors.benchmarks("ptb").split("--benchmarks ")[1:]]
    assert len(groups) == len(kinds)
    jobs = ["count_shard_1-of-2", "count_shard_2-of-2", "count_cooccurrences", "weight_ppmi", "factorize_svd"]
    assert groups[1] == [f"results/ptb/benchmarks/{job}.tsv" for job in jobs]
    assert {path for group in groups for path in group} == set(files["benchmarks"])
    assert not any(name in vectors.scores("sample")["files"] for name in GENSIM)


def test_language_models_are_measured_as_they_are_and_as_they_adapt():
    models = language_models()
    rungs = models.rungs("ptb")
    assert [rung.name for rung in rungs] == ["ngram", "lstm", "lstm+cache", "lstm+dynamic"]
    assert rungs[0].perplexity == "results/ptb/ngram_perplexity.h5"
    assert rungs[1:2] == models.recurrent("ptb")
    assert rungs[2][1:] == (
        "results/ptb/rnnlm/adapted/lstm_cache.h5",
        "results/ptb/benchmarks/adapt_rnnlm_lstm_cache.tsv",
    )
    assert models.measured("ptb") == {"files": [rung.perplexity for rung in rungs[:2]]}
    assert model_files(rungs[:1]) == {
        "perplexities": ["results/ptb/ngram_perplexity.h5"],
        "benchmarks": ["results/ptb/benchmarks/train_ngram.tsv"],
    }
    assert model_options(rungs[2:3]) == f"--model {' '.join(rungs[2])}"


def test_models_and_learned_vectors_are_measured_over_seeds(monkeypatch):
    monkeypatch.setattr(word_vectors_module, "find_spec", lambda name: True)
    grids = {"rnnlm": {"grids": {"lstm": {"dropout": [0.5]}}}, "seeds": [1, 2]}
    path = "results/ptb/rnnlm/lstm+dropout=0.5"
    files = [f"{path}_perplexity.h5", f"{path}+seed=2_perplexity.h5"]
    assert language_models(grids).over_seeds("ptb") == {"lstm+dropout=0.5": files}
    measured = word_vectors(grids).over_seeds("ptb")
    assert list(measured) == ["cbow_wide", "skipgram_wide", *GENSIM]
    path = "results/ptb/similarity/gensim_cbow"
    assert measured["gensim_cbow"] == [f"{path}.h5", f"{path}+seed=2.h5"]
    assert list(word_vectors(grids).over_seeds("sample")) == ["cbow", "skipgram"]


def test_a_log_is_drawn_when_its_model_is_there():
    path = "results/ptb/rnnlm/lstm"
    assert language_models().training_log("ptb", "lstm") == {
        "files": [f"{path}.csv"],
        "model": [f"{path}.h5"],
    }
    assert language_models().trained("ptb") == {"files": [f"{path}.h5"]}


def test_the_ladder_has_the_perplexities_that_are_known_of_its_models():
    known = {"lstm": 80.5, "lstm+cache": 75.5, "rnn_small": 90.5}
    models = language_models({"published": {"ptb": known}, "expected": {"sample": {"ngram": 9.5}}})
    assert "--published lstm=80.5 lstm+cache=75.5" in re.sub(r"ngram=[\d.]+ ", "", models.ladder("ptb"))
    assert "--expected ngram=9.5" in models.ladder("sample")
    assert models.ladder("sample").count("--model ") == 3


def test_a_way_to_adapt_has_its_settings():
    options = language_models({"rnnlm": {"adaptation": {"cache": {"windows": [7, 8]}}}}).adaptation("cache")
    assert "--method cache" in options
    assert "--windows 7 8" in options


def test_settings_are_options_of_the_corpus_of_the_wildcards():
    options = Options(changed({"seed": 7, "corpora": {"sample": {"counts": {"window": 9}}}}))
    own = options.own("counts")
    assert "--window 9" in own(SimpleNamespace(corpus="sample"))
    assert "--window 20" in own(SimpleNamespace(corpus="ptb"))
    assert "--subsample" in own(SimpleNamespace(corpus="ptb"))
    pairs = options.own("counts", Pairs)(SimpleNamespace(corpus="sample"))
    assert pairs == "--weighting flat --window 9"
    assert options.seeded({"b": 1}, {"a": 2}) == "--a 2 --b 1 --seed 7"
    assert options.seeded({"seed": 8}, {"a": 2}) == "--a 2 --seed 8"


def test_a_wildcard_is_one_of_some_names_or_nothing():
    pattern = names(["a.b", "c"])
    assert [bool(re.fullmatch(pattern, word)) for word in ("a.b", "c", "axb", "a.bc")] == [
        True,
        True,
        False,
        False,
    ]
    assert not re.match(names([]), "")


def test_a_report_gives_its_script_files_and_options():
    inputs = {"files": ["a.h5"], "corpus": ["c.h5"], "benchmarks": ["b.tsv"]}
    report = Report(
        "figures/x_{model}.png", "Models", "x", lambda corpus, model: inputs, lambda **_: "--more 1"
    )
    wildcards = {"corpus": "ptb", "model": "lstm"}
    assert report.output == "results/{corpus}/figures/x_{model}.png"
    assert report.inputs(wildcards) == inputs
    assert report.options(wildcards) == "--corpus c.h5 --name ptb --more 1"
    table = Report("x_{model}.txt", "Models", "x", lambda corpus, model: inputs)
    assert table.outputs == {
        "result": "results/{corpus}/x_{model}.txt",
        "page": "results/{corpus}/x_{model}.html",
    }
    assert table.options(wildcards) == "--corpus c.h5 --page results/ptb/x_lstm.html "
    assert Report("x", "Models", "x", lambda corpus: {}).inputs({"corpus": "ptb"}) == {"files": []}


def test_every_table_and_figure_has_its_script_and_its_file():
    reports = all_reports(texts(), word_vectors(), language_models())
    assert all((ROOT / f"scripts/report/{job.partition('_{')[0]}.py").is_file() for job in reports)
    assert len({report.output for report in reports.values()}) == len(reports)


def test_small_language_models_leave_cores_to_each_other():
    models = language_models({"threads": 4})
    assert models.threads("lstm_small") == models.threads("rnnlm/rnn_small") == 1
    assert models.threads("lstm") == models.threads("rnnlm/lstm") == models.threads("ngram") == 4
