"""An artifact sealed by anybody is used as it is, or refused in one line; whatever is wrong inside."""

import logging
import pkgutil
import shutil
import warnings
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from resealed import MUTATIONS, Mutation, mutate
from running import call

import lexloom
from lexloom.errors import LexloomError
from lexloom.storage.layouts import LAYOUTS

_WORD2VEC = "--dimension 4 --epochs 1 --batch 8 --block 4 --samples 4"
_RNNLM = "--embedding 4 --hidden 4 --batch 2 --steps 20 --epochs 1"
MAKERS = f"""\
generate_sample --tokens 1000 --train train.txt --valid valid.txt --test test.txt --output gold.h5
tokenize_corpus train.txt --valid valid.txt --test test.txt --output corpus.h5
count_shard --shard 1 --shards 1 --window 2 corpus.h5 --output shard.h5
count_cooccurrences --window 2 corpus.h5 --output cooccurrences.h5
weight_ppmi cooccurrences.h5 --output ppmi.h5
create_contexts --window 2 corpus.h5 --output contexts.h5
train_word2vec {_WORD2VEC} contexts.h5 --output vectors.h5
train_ngram --order 3 corpus.h5 --output ngram.h5
train_rnnlm {_RNNLM} corpus.h5 --keep-finished --output rnnlm.h5
evaluate_perplexity rnnlm.h5 corpus.h5 --output perplexity.h5
evaluate_vectors vectors.h5 --gold gold.h5 --queries cat --output similarity.h5
""".splitlines()
"""What makes an artifact of each kind; the checkpoint is that of train_rnnlm."""

READERS = {
    "gold": ["evaluate_vectors vectors.h5 --gold gold.h5 --output new.h5"],
    "corpus": [
        "count_cooccurrences --window 2 corpus.h5 --output new.h5",
        "create_contexts corpus.h5 --output new.h5",
        f"train_rnnlm {_RNNLM} corpus.h5 --output new.h5",
        "train_ngram corpus.h5 --output new.h5",
        "evaluate_perplexity ngram.h5 corpus.h5 --output new.h5",
        "plot_gradient_lags --lags 5 rnnlm.h5 --corpus corpus.h5 --output new.png",
    ],
    "cooccurrences": ["weight_ppmi cooccurrences.h5 --output new.h5"],
    "shard": ["count_cooccurrences --window 2 corpus.h5 --shards shard.h5 --output new.h5"],
    "ppmi": ["factorize_svd --dimension 3 ppmi.h5 --output new.h5", "lexloom similar ppmi.h5 cat"],
    "contexts": [f"train_word2vec {_WORD2VEC} contexts.h5 --output new.h5"],
    "vectors": [
        "lexloom similar vectors.h5 cat",
        "lexloom export vectors.h5 --format npz --output new.npz",
        f"train_word2vec --start vectors.h5 {_WORD2VEC} contexts.h5 --output new.h5",
        "plot_training_curves vectors.h5 --output new.png",
    ],
    "rnnlm": [
        "evaluate_perplexity rnnlm.h5 corpus.h5 --output new.h5",
        "lexloom generate rnnlm.h5 --prompt cat --tokens 5",
    ],
    "ngram": [
        "evaluate_perplexity ngram.h5 corpus.h5 --output new.h5",
        "lexloom score ngram.h5 test.txt",
    ],
    "perplexity": [
        "tabulate_rnnlm --corpus c --model m perplexity.h5 job.tsv --output new.txt",
        "tabulate_mixtures perplexity.h5 perplexity.h5 --output new.txt",
        "plot_perplexity_bands perplexity.h5 --corpus corpus.h5 --output new.png",
    ],
    "similarity": ["tabulate_vectors similarity.h5 --corpus corpus.h5 --benchmarks job.tsv --output new.txt"],
    "checkpoint": [f"train_rnnlm {_RNNLM} corpus.h5 --keep-finished --output rnnlm.h5"],
}
"""Command lines that use an artifact of each kind."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with an artifact of each kind."""
    for module in pkgutil.walk_packages(lexloom.__path__, "lexloom."):
        with suppress(ImportError):  # of CuPy
            import_module(module.name)  # a training resumes only if it has the same modules
    folder = tmp_path_factory.mktemp("files")
    (folder / "job.tsv").write_text("s\n1\n")
    with chdir(folder), redirect_stderr(StringIO()):
        for line in MAKERS:
            call(*line.split())
    return folder


def file_of(kind):
    """Return the file of a kind of artifact in the current folder."""
    return next(Path().glob("rnnlm.finished-*.h5")) if kind == "checkpoint" else Path(f"{kind}.h5")


def use(kind, reader):
    """Describe an artifact in the current folder, and use it as a stage does; return the errors."""
    errors = []
    for line in (f"lexloom info {file_of(kind)}", READERS[kind][reader % len(READERS[kind])]):
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            try:
                call(*line.split())
            except LexloomError as error:
                errors.append(str(error))
    return errors


@pytest.mark.parametrize("kind", LAYOUTS)
def test_each_kind_is_used_as_it_was_made(files, kind, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    for reader in range(len(READERS[kind])):
        with chdir(shutil.copytree(files, tmp_path / str(reader))):
            assert use(kind, reader) == []
    assert kind != "checkpoint" or "continuing from" in caplog.text


@pytest.mark.parametrize("kind", LAYOUTS)
@given(mutations=MUTATIONS, reader=st.integers(0, 5))
@example(mutations=[Mutation("retype", 0, 0, "f2")], reader=0)
@settings(max_examples=20)
def test_a_changed_artifact_is_used_or_refused_in_one_line(files, kind, mutations, reader):
    with TemporaryDirectory() as folder, chdir(shutil.copytree(files, folder, dirs_exist_ok=True)):
        mutate(file_of(kind), mutations)
        for error in use(kind, reader):
            assert error.isprintable(), error
