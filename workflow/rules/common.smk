"""What all rules share: the configuration, checked, and how a rule names its code, settings and device."""

import sys
from glob import glob
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow"))

from snakemake.exceptions import WorkflowError

from code_inputs import code, options
from configuration import check_configuration, check_keys

check_keys(workflow.configfiles)
check_configuration(config, ROOT / "workflow/schemas/config.schema.yaml")

# The Python that runs Snakemake runs the scripts, whether its environment is activated or not.
shell.prefix(f'export PATH="{Path(sys.executable).parent}:$PATH"; ')

CORPUS = config["corpus"]

# Resources of a rule that computes on the device; unlike params, they may change without a rerun.
DEVICE = {"device": config["device"], "gpu": int(config["device"] == "cuda")}

# How to tokenize a generated corpus so that its tokens are what the grammar made: each word, and each line's end.
AS_GENERATED = {
    "pattern": None,
    "lower": False,
    "sentence_end": "<eos>",
    "min_count": 1,
    "max_vocab": None,
}


wildcard_constraints:
    corpus="|".join(config["corpora"]),


def corpora_from(source):
    """Return a pattern for the names of the corpora with a source; it matches nothing where there are none."""
    names = [
        name for name, corpus in config["corpora"].items() if corpus["source"] == source
    ]
    return "|".join(names) or "(?!)"


def downloads():
    """Return the sha256 and the addresses of each file to download, by its path under data/ and a mirror."""
    files = {
        settings["path"]: (settings["sha256"], [settings["origin"]])
        for settings in config["evaluation"]["sets"].values()
    }
    for corpus in config["corpora"].values():
        if corpus["source"] == "download":
            for settings in corpus["files"].values():
                path = settings["path"]
                name = Path(path).name
                origins = [
                    origin.replace("{file}", name) for origin in corpus["origins"]
                ]
                files[path] = (settings["sha256"], origins)
    return files


def texts(wildcards):
    """Return the text files of a corpus by the name of the input: train, valid and test, or train alone."""
    return texts_of(wildcards.corpus)


def texts_of(name):
    """Return the text files of a corpus, see `texts`."""
    corpus = config["corpora"][name]
    if corpus["source"] == "generate":
        return {
            split: [f"data/{name}/{split}.txt"] for split in ("train", "valid", "test")
        }
    if corpus["source"] == "download":
        return {
            name: [f"data/{settings['path']}"]
            for name, settings in corpus["files"].items()
        }
    files = corpus["files"]
    if not isinstance(files, dict):
        files = {"train": files}
    return {name: matching_files(patterns) for name, patterns in files.items()}


def matching_files(patterns):
    """Return the files that paths or globs name, each once.

    What names no file is refused: where a corpus was made before, Snakemake would pass over it in silence.
    """
    patterns = [patterns] if isinstance(patterns, str) else patterns
    found = {pattern: sorted(glob(pattern, recursive=True)) for pattern in patterns}
    missing = [pattern for pattern, paths in found.items() if not paths]
    if missing:
        raise WorkflowError(
            f"corpora, files: no file is named {' or '.join(missing)} in {Path.cwd()}; "
            "correct the path or glob, or put the file there"
        )
    return list(dict.fromkeys(path for paths in found.values() for path in paths))


def tokenize_settings(corpus):
    """Return the settings by which a corpus is tokenized: its own, and else those of all."""
    return config["tokenize"] | config["corpora"][corpus]["tokenize"]


def settings_of(corpus, group):
    """Return the settings in a group such as `counts` for a corpus: its own, and else those of all."""
    return config[group] | config["corpora"][corpus].get(group, {})


def counting(wildcards, names=("window", "weighting", "subsample")):
    """Return how to count pairs in a corpus, as options."""
    settings = settings_of(wildcards.corpus, "counts")
    return options({name: settings[name] for name in names})


def tokenization(wildcards):
    """Return how to tokenize a corpus, as options; the split counts only where there is one text."""
    settings = tokenize_settings(wildcards.corpus)
    if "valid" in texts(wildcards):
        settings = {name: value for name, value in settings.items() if name != "split"}
    return options(settings)


def start(wildcards):
    """Return the vectors that a model goes on from, by name of input; nothing where it starts anew."""
    path = config["word2vec"]["models"][wildcards.vectors]["start"]
    return {"start": path} if path else {}


def gold_of(corpus):
    """Return the file with what is known of a generated corpus, or nothing."""
    generated = config["corpora"][corpus]["source"] == "generate"
    return [f"data/{corpus}/gold.h5"] if generated else []


def gold(wildcards):
    """Return what is known of a generated corpus, by name of input and option; nothing of others."""
    return {"gold": path for path in gold_of(wildcards.corpus)}


def reference_of(corpus):
    """Return the file with the perplexity that no model of a corpus can expect to beat, or nothing.

    It is known of a generated corpus whose tokens are what the grammar made; fewer words are easier to predict.
    """
    settings = tokenize_settings(corpus)
    as_generated = all(settings[name] == value for name, value in AS_GENERATED.items())
    return gold_of(corpus) if as_generated else []


def reference(wildcards):
    """Return the file of `reference_of`, by name of input and option."""
    return {"gold": path for path in reference_of(wildcards.corpus)}


def rung_names(corpus):
    """Return the names of the language models of a corpus, with that of the n-grams."""
    return ["ngram", *config["corpora"][corpus]["models"]]


def adapted_names(corpus):
    """Return the name of each model of a corpus that adapts to what it reads, with each way of doing so."""
    models = config["corpora"][corpus].get("adapt", [])
    methods = config["rnnlm"]["adaptation"]
    return [(model, method) for model in models for method in methods]


def adapted(wildcards):
    """Return the perplexity of each model of a corpus that adapts, and the benchmark of measuring it."""
    results = f"results/{wildcards.corpus}"
    names = adapted_names(wildcards.corpus)
    return {
        "adapted": [f"{results}/rnnlm/adapted/{'_'.join(pair)}.h5" for pair in names],
        "adapted_benchmarks": [
            f"{results}/benchmarks/adapt_rnnlm_{'_'.join(pair)}.tsv" for pair in names
        ],
    }


def adaptation(wildcards):
    """Return a way in which a model adapts, with what its settings are chosen from, as options."""
    settings = config["rnnlm"]["adaptation"][wildcards.method]
    return options(settings | {"method": wildcards.method})


def rungs(wildcards):
    """Return the perplexity of each language model of a corpus, and the benchmark of its training."""
    results = f"results/{wildcards.corpus}"
    models = config["corpora"][wildcards.corpus]["models"]
    return {
        "perplexities": [
            f"{results}/ngram_perplexity.h5",
            *(f"{results}/rnnlm/{model}_perplexity.h5" for model in models),
        ],
        "benchmarks": [
            f"{results}/benchmarks/train_ngram.tsv",
            *(f"{results}/benchmarks/train_rnnlm_{model}.tsv" for model in models),
        ],
    }


def rung_options(wildcards):
    """Return the language models of a corpus, and the perplexities published and expected of them, as options."""
    names = rung_names(wildcards.corpus)
    names += ["+".join(pair) for pair in adapted_names(wildcards.corpus)]
    found = {"rungs": names}
    for group in ("published", "expected"):
        known = config[group].get(wildcards.corpus, {})
        found[group] = [f"{name}={known[name]}" for name in names if name in known]
    return options(found)


def test_sets(wildcards):
    """Return the files that the vectors of a corpus are held against, by name of input and option.

    The set named `analogies` has analogies, every other one rated pairs of words.
    """
    files = {
        name: f"data/{settings['path']}"
        for name, settings in config["evaluation"]["sets"].items()
    }
    analogies = [files.pop("analogies")] if "analogies" in files else []
    return gold(wildcards) or {
        "similarity": list(files.values()),
        "analogies": analogies,
    }


def vector_jobs(corpus):
    """Return the jobs that make each kind of word vectors from the ids of a corpus.

    Those of gensim are among them where it is installed, and asked for.
    """
    shards = config["counts"]["shards"]
    numbers = range(1, shards + 1) if shards > 1 else []
    counted = [f"count_shard_{shard}-of-{shards}" for shard in numbers]
    counted += ["count_cooccurrences", "weight_ppmi"]
    ours = {
        "ppmi": counted,
        "svd": [*counted, "factorize_svd"],
        **{
            name: ["create_contexts", f"train_{name}"]
            for name in config["corpora"][corpus]["vectors"]
        },
    }
    beside = find_spec("gensim") and corpus in config["gensim"]["corpora"]
    theirs = ["gensim_cbow", "gensim_skipgram"] if beside else []
    return ours | {name: [f"train_{name}"] for name in theirs}


def vector_scores(wildcards):
    """Return the scores of each kind of word vectors, and the benchmarks of the jobs behind them."""
    results = f"results/{wildcards.corpus}"
    jobs = vector_jobs(wildcards.corpus)
    names = dict.fromkeys(name for group in jobs.values() for name in group)
    return {
        "similarity": [f"{results}/similarity/{name}.h5" for name in jobs],
        "benchmarks": [f"{results}/benchmarks/{name}.tsv" for name in names],
    }


def vector_benchmarks(wildcards):
    """Return the benchmarks of the jobs behind each kind of word vectors, as options."""
    folder = f"results/{wildcards.corpus}/benchmarks"
    return " ".join(
        options({"benchmarks": [f"{folder}/{name}.tsv" for name in names]})
        for names in vector_jobs(wildcards.corpus).values()
    )


def rated_sets(wildcards):
    """Return the files of `test_sets` that take no time to score vectors by: all but the analogies."""
    return gold(wildcards) or {"similarity": test_sets(wildcards)["similarity"]}


# Before any job: a person's own files are there.
texts_of(CORPUS)
