"""Edit one thing, and exactly what depends on it is made again."""

import os
from importlib.util import find_spec

import pytest

VECTORS = {f"results/sample/similarity/{name}.h5" for name in ("ppmi", "svd", "cbow", "skipgram")}
PAGE = {"results/sample/explorer.html"}
VECTOR_TABLE = {"results/sample/vectors.txt", *PAGE}
LADDER = {"results/sample/ladder.txt", *PAGE}
TABLES = {f"results/sample/{name}.txt" for name in ("vectors", "ladder", "mixtures", "vector_sweep")}
TABLES |= {"results/rnnlm_ppl.txt", "results/sample/rnnlm_seeds.txt", "results/sample/vectors_seeds.txt"}
COMPARED = {"results/sample/mixtures.txt", "results/sample/figures/perplexity_bands.png", *LADDER}
ADAPTED = {name: {f"results/sample/rnnlm/adapted/tiny_{name}.h5", *LADDER} for name in ("cache", "dynamic")}
SEEDS = {name: {f"results/sample/{name}_seeds.txt"} for name in ("rnnlm", "vectors")}
LEARNED_TABLES = {*VECTOR_TABLE, *SEEDS["vectors"]}
SPEED = {"results/sample/figures/rnnlm_speed_tiny.png"}
LANGUAGE_MODEL = {
    "results/sample/rnnlm/tiny.h5",
    "results/sample/rnnlm/tiny_perplexity.h5",
    "results/rnnlm_ppl.txt",
    "results/sample/figures/perplexity.png",
    *COMPARED,
    *set().union(*ADAPTED.values()),
    "results/sample/figures/rnnlm_training.png",
    "results/sample/figures/gradient_lags.png",
    *SEEDS["rnnlm"],
    *SPEED,
}
NGRAM = {"results/sample/ngram.h5", "results/sample/ngram_perplexity.h5", *COMPARED}
# One script measures n-grams and networks alike, so it depends on the code of both.
MEASURED = {
    "results/sample/ngram_perplexity.h5",
    "results/sample/rnnlm/tiny_perplexity.h5",
    "results/rnnlm_ppl.txt",
    *SEEDS["rnnlm"],
}
SWEEP_PICTURE = {"results/sample/vector_sweep.txt", "results/sample/figures/vector_sweep.png"}
SWEEP = {"results/sample/vector_sweep.tsv", *SWEEP_PICTURE}
SVD = {
    "results/sample/svd.h5",
    "results/sample/similarity/svd.h5",
    "results/sample/figures/words_svd.png",
    *VECTOR_TABLE,
}
PPMI = {
    "data/sample/ppmi.h5",
    "results/sample/similarity/ppmi.h5",
    "results/sample/figures/ppmi.png",
    *SVD,
}
CBOW = {
    "results/sample/cbow.h5",
    "results/sample/similarity/cbow.h5",
    "results/sample/figures/words_cbow.png",
    "results/sample/figures/training_curves.png",
    *LEARNED_TABLES,
}
SKIPGRAM = {
    "results/sample/skipgram.h5",
    "results/sample/similarity/skipgram.h5",
    "results/sample/figures/words_skipgram.png",
    "results/sample/figures/training_curves.png",
    *LEARNED_TABLES,
}
GENSIM = {
    name: {f"results/sample/gensim_{name}.h5", f"results/sample/similarity/gensim_{name}.h5", *LEARNED_TABLES}
    if find_spec("gensim")
    else set()
    for name in ("cbow", "skipgram")
}
COUNTED = {"data/sample/cooccurrences.h5", *PPMI}
LEARNED_NAMES = ["cbow", "skipgram", *(["gensim_cbow", "gensim_skipgram"] if find_spec("gensim") else [])]
LEARNED = {*CBOW, *SKIPGRAM}
BESIDE = {*GENSIM["cbow"], *GENSIM["skipgram"]}
TOKENIZED = {
    "data/sample/corpus.h5",
    "data/sample/contexts.h5",
    *COUNTED,
    *SWEEP,
    *LEARNED,
    *LANGUAGE_MODEL,
    *NGRAM,
    *BESIDE,
}
GENERATED = {
    *(f"data/sample/{name}" for name in ("gold.h5", "train.txt", "valid.txt", "test.txt")),
    *TOKENIZED,
}


def runs(change):
    """Return the runs that differ in a change from the models and from all vectors that are learned."""
    return {*models(change), *vectors(change)}


def models(change):
    """Return what is made of the language model with a change, and the table that shows it."""
    run = f"results/sample/rnnlm/tiny+{change}"
    return {f"{run}.h5", f"{run}_perplexity.h5", *SEEDS["rnnlm"]}


def vectors(change, names=LEARNED_NAMES):
    """Return what is made of learned vectors with a change, and the table that shows it."""
    files = {f"results/sample/{room}{name}+{change}.h5" for name in names for room in ("", "similarity/")}
    return files | SEEDS["vectors"]


OWN_SVD = {"results/own/svd.h5", "results/own/similarity/svd.h5"}
OWN_COUNTED = {"data/own/cooccurrences.h5", "data/own/ppmi.h5", *OWN_SVD}
OWN = {"data/own/corpus.h5", *OWN_COUNTED}

EDITED_FILES = {
    "scripts/language/adapt_rnnlm.py": set().union(*ADAPTED.values()),
    "scripts/report/plot_rnnlm_speed.py": SPEED,
    "scripts/report/tabulate_ladder.py": {"results/sample/ladder.txt"},
    "scripts/report/explorer.py": PAGE,
    "src/lexloom/report/page/style.css": TABLES | PAGE,
    "scripts/report/tabulate_seeds.py": {*SEEDS["rnnlm"], *SEEDS["vectors"]},
    "scripts/report/tabulate_rnnlm.py": {"results/rnnlm_ppl.txt"},
    "scripts/vectors/train_gensim.py": BESIDE,
    "scripts/language/train_rnnlm.py": LANGUAGE_MODEL,
    "scripts/corpus/tokenize_corpus.py": TOKENIZED | OWN,
    "src/lexloom/language/ngram.py": NGRAM | MEASURED,
    "scripts/report/tabulate_mixtures.py": {"results/sample/mixtures.txt"},
    "src/lexloom/kernels/cpu/counting.py": COUNTED | OWN_COUNTED | SWEEP,
    "src/lexloom/kernels/cpu/sparse.py": SVD | OWN_SVD | SWEEP,
    "src/lexloom/kernels/cpu/recurrent.py": LANGUAGE_MODEL | MEASURED,
    "src/lexloom/kernels/cpu/word2vec.py": LEARNED,
    "src/lexloom/kernels/cpu/updates.py": LEARNED | LANGUAGE_MODEL,
    "src/lexloom/nn/recurrent.py": LANGUAGE_MODEL | MEASURED,
    "src/lexloom/settings/ngram.py": NGRAM | MEASURED,
    "src/lexloom/settings/adaptation.py": set().union(*ADAPTED.values()),
    "src/lexloom/settings/grids.py": SWEEP,
    "src/lexloom/settings/tokenize.py": TOKENIZED | OWN,
    "src/lexloom/settings/svd.py": SVD | OWN_SVD | SWEEP,
    "src/lexloom/settings/word2vec.py": LEARNED,
    "scripts/language/evaluate_perplexity.py": MEASURED | COMPARED,
    "src/lexloom/training/trainer.py": LANGUAGE_MODEL | LEARNED,
    "src/lexloom/vectors/svd.py": SVD | OWN_SVD | SWEEP,
    "src/lexloom/vectors/sweep_tables.py": SWEEP,
    "src/lexloom/vectors/sweep.py": SWEEP,
    "src/lexloom/storage/artifact_writing.py": GENERATED | OWN,
    "own.txt": OWN,
}

CHANGED_KEYS = {
    "counts.subsample": (0.02, COUNTED | OWN_COUNTED),
    "ppmi.smoothing": (0.75, PPMI | OWN_COUNTED - {"data/own/cooccurrences.h5"}),
    "svd.dimension": (6, SVD | OWN_SVD | SWEEP),
    "svd.add_contexts": (False, SVD | OWN_SVD),
    "sweep.exponent": ([0, 1], SWEEP),
    "word2vec.models.cbow.epochs": (2, CBOW),
    "gensim.cbow.epochs": (3, GENSIM["cbow"]),
    "word2vec.models.skipgram.start": ("results/sample/cbow.h5", SKIPGRAM),
    "ngram.order": (2, NGRAM),
    "published.sample.ngram": (14.5, LADDER),
    "expected.sample.tiny": (600.5, LADDER),
    "rnnlm.adaptation.cache.thetas": ([0.5], ADAPTED["cache"]),
    "rnnlm.adaptation.dynamic.decays": ([0.0, 0.01], ADAPTED["dynamic"]),
    "corpora.sample.adapt": ([], LADDER),
    "rnnlm.models.tiny.dropout": (0.2, LANGUAGE_MODEL),
    "rnnlm.models.tiny.locked_dropout": (True, LANGUAGE_MODEL),
    "corpora.sample.tokens": (5000, GENERATED),
    "corpora.own.ppmi": ({"shift": 0.5}, OWN_COUNTED - {"data/own/cooccurrences.h5"}),
    "corpora.own.queries": (["dog"], {"results/own/similarity/svd.h5"}),
    "tokenize.lower": (True, TOKENIZED | OWN),
    "seed": (2, GENERATED | OWN_SVD | runs("seed=1")),
    "seeds": ([2, 1, 3], runs("seed=2") | runs("seed=3")),
    "rnnlm.grids": ({"tiny": {"dropout": [0.1, 0.2]}}, models("dropout=0.2")),
    "word2vec.grids": ({"cbow": {"model": ["cbow", "skip-gram"]}}, vectors("model=skip-gram", ["cbow"])),
}


FILES_OF_NO_RESULT = (
    "src/lexloom/settings/configuration.py",
    "workflow/library/texts.py",
    "docs/architecture.md",
)
KEYS_OF_NO_RESULT = {"counts.memory_mb": 1, "threads": 2, "checkpoint_minutes": 1, "device": "cuda"}


def made(paths):
    """Return some files, and of each table its page, which the same job makes."""
    return {*paths, *(path.removesuffix(".txt") + ".html" for path in paths if path in TABLES)}


@pytest.mark.parametrize("path", EDITED_FILES)
def test_an_edited_file(workflow, path):
    file = workflow.folder / path
    old = file.read_bytes()
    file.write_bytes(old + b"\n# edited\n")
    try:
        assert workflow.planned() == made(EDITED_FILES[path])
    finally:
        file.write_bytes(old)


@pytest.mark.parametrize("key", CHANGED_KEYS)
def test_a_changed_key(workflow, key):
    value, expected = CHANGED_KEYS[key]
    old = workflow.set(key, value)
    try:
        assert workflow.planned() == made(expected)
    finally:
        workflow.set(key, old)


def test_what_no_result_depends_on(workflow):
    before = {path: (workflow.folder / path).read_bytes() for path in FILES_OF_NO_RESULT}
    for path, content in before.items():
        (workflow.folder / path).write_bytes(content + b"\n# edited\n")
    old = {key: workflow.set(key, value) for key, value in KEYS_OF_NO_RESULT.items()}
    try:
        assert workflow.planned() == set()
    finally:
        for key, value in old.items():
            workflow.set(key, value)
        for path, content in before.items():
            (workflow.folder / path).write_bytes(content)


def test_two_swapped_settings(workflow):
    tiny = dict(workflow.config["rnnlm"]["models"]["tiny"])
    workflow.set("rnnlm.models.tiny", tiny | {"batch": tiny["steps"], "steps": tiny["batch"]})
    try:
        assert workflow.planned() == made(LANGUAGE_MODEL)
    finally:
        workflow.set("rnnlm.models.tiny", tiny)


def test_touched_files(workflow):
    for path in workflow.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path)
    assert workflow.planned() == set()


def test_another_device_by_the_profile_for_cards(workflow):
    assert workflow.planned("--workflow-profile", "workflow/profiles/gpu", "--config", "device=cuda") == set()
