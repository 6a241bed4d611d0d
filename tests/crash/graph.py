"""A whole small graph: each stage with its command line, in the order in which they need each other."""

from dataclasses import dataclass

RNNLM = "--embedding 4 --hidden 4 --batch 20 --steps 18 --epochs 2 --dropout 0.2 --patience 2 --clip 1"
WORD2VEC = "--dimension 4 --batch 600 --block 20 --samples 2 --epochs 2"
EVERY_STEP = "--checkpoint-minutes 0"


@dataclass(frozen=True)
class Stage:
    """A program and what it writes.

    Attributes
    ----------
    program : str
        The name of a script, or `lexloom`.
    outputs : tuple of str
        The files that it writes.
    words : str
        Its command line. `{out}` is the folder of its outputs; those of earlier stages are in `done`.
    """

    program: str
    outputs: tuple[str, ...]
    words: str


STAGES = {
    "sample": Stage(
        "generate_sample",
        ("train.txt", "valid.txt", "test.txt", "gold.h5"),
        "--tokens 1200 --train {out}/train.txt --valid {out}/valid.txt --test {out}/test.txt "
        "--output {out}/gold.h5",
    ),
    "tokenize": Stage(
        "tokenize_corpus",
        ("corpus.h5",),
        "done/train.txt --valid done/valid.txt --test done/test.txt --max-vocab 60 --output {out}/corpus.h5 "
        "--log {out}/tokenize.log",
    ),
    "count": Stage("count_cooccurrences", ("counts.h5",), "done/corpus.h5 --output {out}/counts.h5"),
    "runs": Stage(
        "count_cooccurrences",
        ("runs.h5",),
        "done/corpus.h5 --window 100 --memory-mb 1 --output {out}/runs.h5",
    ),
    **{
        f"shard {number}": Stage(
            "count_shard",
            (f"{number}.h5",),
            f"done/corpus.h5 --shard {number} --shards 2 --output {{out}}/{number}.h5",
        )
        for number in (1, 2)
    },
    "shards": Stage(
        "count_cooccurrences",
        ("sum.h5",),
        "done/corpus.h5 --shards done/1.h5 done/2.h5 --output {out}/sum.h5",
    ),
    "ppmi": Stage("weight_ppmi", ("ppmi.h5",), "done/counts.h5 --output {out}/ppmi.h5"),
    "svd": Stage("factorize_svd", ("svd.h5",), "done/ppmi.h5 --dimension 5 --output {out}/svd.h5"),
    "contexts": Stage("create_contexts", ("contexts.h5",), "done/corpus.h5 --output {out}/contexts.h5"),
    "word2vec": Stage(
        "train_word2vec", ("cbow.h5",), f"done/contexts.h5 {WORD2VEC} {EVERY_STEP} --output {{out}}/cbow.h5"
    ),
    "rnnlm": Stage("train_rnnlm", ("lm.h5",), f"done/corpus.h5 {RNNLM} {EVERY_STEP} --output {{out}}/lm.h5"),
    "kept": Stage(
        "train_rnnlm",
        ("kept.h5",),
        f"done/corpus.h5 {RNNLM} --epochs 1 --keep-finished --output {{out}}/kept.h5",
    ),
    "ngram": Stage("train_ngram", ("ngram.h5",), "done/corpus.h5 --order 3 --output {out}/ngram.h5"),
    "perplexity": Stage(
        "evaluate_perplexity",
        ("perplexity.h5",),
        "done/lm.h5 done/corpus.h5 --output {out}/perplexity.h5",
    ),
    "cache": Stage(
        "adapt_rnnlm",
        ("cache.h5",),
        "done/lm.h5 done/corpus.h5 --method cache --windows 5 --thetas 0.1 --output {out}/cache.h5",
    ),
    "dynamic": Stage(
        "adapt_rnnlm",
        ("dynamic.h5",),
        "done/lm.h5 done/corpus.h5 --method dynamic --learning-rates 0.01 --decays 0.01 "
        "--output {out}/dynamic.h5",
    ),
    "vectors": Stage(
        "evaluate_vectors",
        ("similarity.h5",),
        "done/svd.h5 --gold done/gold.h5 --queries the --output {out}/similarity.h5",
    ),
    "sweep": Stage(
        "sweep_vectors",
        ("sweep.tsv",),
        "done/corpus.h5 --gold done/gold.h5 --window 2 --weighting flat --subsample 0 --smoothing 1 "
        "--shift 0 --exponent 0 1 --add-contexts false --dimension 5 --output {out}/sweep.tsv",
    ),
    "figure": Stage(
        "plot_ppmi", ("ppmi.png",), "done/ppmi.h5 done/corpus.h5 --count 10 --output {out}/ppmi.png"
    ),
    "table": Stage("tabulate_sweep", ("sweep.txt",), "done/sweep.tsv --output {out}/sweep.txt"),
    **{
        f"to {form}": Stage(
            "lexloom", outputs, f"export done/svd.h5 --format {form} --output {{out}}/{place}"
        )
        for form, place, outputs in (
            ("word2vec", "svd.txt", ("svd.txt",)),
            ("word2vec-binary", "svd.bin", ("svd.bin",)),
            ("projector", "", ("vectors.tsv", "metadata.tsv")),
            ("npz", "svd.npz", ("svd.npz",)),
        )
    },
}
