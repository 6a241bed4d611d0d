"""What makes each kind of file: what to do about one that is missing or damaged."""

import os
import shlex

from lexloom.errors import ArtifactError

SCRIPTS = {
    "gold": ("corpus/generate_sample.py",),
    "corpus": ("corpus/tokenize_corpus.py",),
    "cooccurrences": ("vectors/count_cooccurrences.py",),
    "shard": ("vectors/count_shard.py",),
    "ppmi": ("vectors/weight_ppmi.py",),
    "contexts": ("vectors/create_contexts.py",),
    "vectors": ("vectors/factorize_svd.py", "vectors/train_word2vec.py", "vectors/train_gensim.py"),
    "sweep": ("vectors/sweep_vectors.py",),
    "similarity": ("vectors/evaluate_vectors.py",),
    "rnnlm": ("language/train_rnnlm.py",),
    "ngram": ("language/train_ngram.py",),
    "perplexity": ("language/evaluate_perplexity.py", "language/adapt_rnnlm.py"),
    "checkpoint": ("language/train_rnnlm.py", "vectors/train_word2vec.py"),
}


def way_out(error: Exception) -> str:
    """Return what to do about an error with a file, to follow its message; nothing for other errors.

    A file of the graph has the target to ask Snakemake for, any other one the scripts that make its kind.
    """
    if not isinstance(error, ArtifactError):
        return ""
    path = os.path.relpath(error.path) if error.path else ""
    if path.startswith(("data/", "results/")):
        snakemake = "snakemake --cores 4" if os.path.exists("Snakefile") else "lexloom run --snakemake"
        force = "--force " if os.path.exists(path) else ""
        return f"; check the path, or make it: {snakemake} {force}{shlex.quote(path)}"
    scripts = [f"scripts/{script}" for kind in error.kinds for script in SCRIPTS[kind]]
    return f"; check the path, or make it again with {' or '.join(scripts)}"
