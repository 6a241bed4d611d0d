"""Command lines that work, and small files of each kind that they make and read."""

import atexit
import pkgutil
import shlex
import shutil
import tempfile
from contextlib import chdir, suppress
from functools import cache
from importlib import import_module
from pathlib import Path

from running import succeed

import lexloom
from lexloom.kernels.backend import get_backend

_WORD2VEC = "--dimension 4 --epochs 1 --batch 8 --block 4 --samples 4 --keep-finished"
_RNNLM = "--embedding 4 --hidden 4 --batch 2 --steps 20 --epochs 1 --keep-finished"
_SWEEP = (
    "--weighting flat --smoothing 1 --shift 0 --exponent 0.5 --subsample 0 --add-contexts false --dimension 3"
)
_DYNAMIC = "--learning-rates 0.01 --decays 0.1 --steps 20 --tokens 40 --method dynamic"
_PPL = "ngram_ppl.h5 benchmark.tsv"

MAKERS = f"""\
generate_sample --tokens 1000 --train train.txt --valid valid.txt --test test.txt --output gold.h5
tokenize_corpus train.txt --valid valid.txt --test test.txt --output corpus.h5
count_shard --shard 1 --shards 2 --window 2 corpus.h5 --output shard1.h5
count_shard --shard 2 --shards 2 --window 2 corpus.h5 --output shard2.h5
count_cooccurrences --window 2 corpus.h5 --output counts.h5
weight_ppmi counts.h5 --output ppmi.h5
factorize_svd --dimension 3 ppmi.h5 --output svd.h5
create_contexts --window 2 corpus.h5 --output contexts.h5
train_word2vec --model cbow {_WORD2VEC} contexts.h5 --output cbow.h5
train_word2vec --model skip-gram {_WORD2VEC} contexts.h5 --output skipgram.h5
train_ngram --order 3 corpus.h5 --output ngram.h5
train_rnnlm {_RNNLM} corpus.h5 --output rnnlm.h5
evaluate_perplexity ngram.h5 corpus.h5 --output ngram_ppl.h5
evaluate_perplexity rnnlm.h5 corpus.h5 --output rnnlm_ppl.h5
evaluate_vectors svd.h5 --gold gold.h5 --queries cat --output similarity.h5
sweep_vectors --window 1 2 {_SWEEP} corpus.h5 --gold gold.h5 --output sweep.tsv
""".splitlines()
"""Lines that make a file each, in this order."""

USERS = f"""\
tokenize_corpus train.txt test.txt --lower --max-vocab 9 --output new.h5
count_cooccurrences --window 2 corpus.h5 --shards shard1.h5 shard2.h5 --output new.h5
train_word2vec --start cbow.h5 {_WORD2VEC} contexts.h5 --output new.h5
train_word2vec --model cbow {_WORD2VEC} contexts.h5 --output unfinished_cbow.h5
train_rnnlm {_RNNLM} corpus.h5 --output unfinished_rnnlm.h5
adapt_rnnlm --windows 5 --thetas 0.5 --method cache rnnlm.h5 corpus.h5 --output new.h5
adapt_rnnlm {_DYNAMIC} rnnlm.h5 corpus.h5 --output new.h5
evaluate_vectors ppmi.h5 --similarity pairs.txt --analogies questions.txt --queries cat --output new.h5
plot_gradient_lags rnnlm.h5 --corpus corpus.h5 --output new.png
plot_perplexity rnnlm.h5 --gold gold.h5 --output new.png
plot_perplexity_bands ngram_ppl.h5 rnnlm_ppl.h5 --corpus corpus.h5 --output new.png
plot_ppmi ppmi.h5 corpus.h5 --output new.png
plot_rnnlm_speed rnnlm.csv --output new.png
plot_rnnlm_training rnnlm.h5 --output new.png
plot_sweep sweep.tsv --output new.png
plot_training_curves cbow.h5 skipgram.h5 --output new.png
plot_words svd.h5 corpus.h5 --gold gold.h5 --output new.png
tabulate_ladder --model ngram {_PPL} --published ngram=141.2 --output new.txt
tabulate_mixtures ngram_ppl.h5 rnnlm_ppl.h5 --output new.txt
tabulate_rnnlm --corpus sample --model ngram {_PPL} --gold gold.h5 --output new.txt
tabulate_seeds --runs ngram ngram_ppl.h5 rnnlm_ppl.h5 --output new.txt
tabulate_sweep sweep.tsv --output new.txt
tabulate_vectors similarity.h5 --corpus corpus.h5 --benchmarks benchmark.tsv --output new.txt
lexloom similar svd.h5 cat
lexloom analogy skipgram.h5 the cat '<eos>'
lexloom export svd.h5 --format word2vec --output new.txt
lexloom export cbow.h5 --format npz --output new.npz
lexloom generate rnnlm.h5 --prompt cat --tokens 5
lexloom generate ngram.h5 --prompt cat --tokens 5
lexloom score rnnlm.h5 test.txt
lexloom score ngram.h5 test.txt
lexloom settings rnnlm.models
lexloom info corpus.h5
lexloom info rnnlm.h5
""".splitlines()
"""Lines that use these files."""


@cache
def folder() -> Path:
    """Return the folder with the files; made at the first call, and gone when the process ends."""
    here = Path(tempfile.mkdtemp(prefix="fuzz-files-"))
    atexit.register(shutil.rmtree, here, ignore_errors=True)
    get_backend()
    for module in pkgutil.walk_packages(lexloom.__path__, "lexloom."):
        with suppress(ImportError):  # of CuPy
            import_module(module.name)  # a training resumes only if it has the same modules
    with chdir(here):
        Path("pairs.txt").write_text("cat dog 9\nred house 2\nthe a 7\ndog red 1\n")
        Path("questions.txt").write_text(": nouns\nthe cat a dog\nred cat the dog\n")
        Path("benchmark.tsv").write_text("s\th:m:s\n1.5\t0:00:01\n")
        for line in MAKERS:
            succeed(*shlex.split(line))
        for model in ("cbow", "rnnlm"):  # as if killed before the result was written
            (state,) = Path().glob(f"{model}.finished-*.h5")
            shutil.copy(state, f"unfinished_{state}")
        for line in USERS:
            succeed(*shlex.split(line))
        for new in (*Path().glob("new*"), *Path().glob("unfinished_*.h5")):
            if ".finished-" not in new.name:
                new.unlink()
    return here


def names() -> list[str]:
    """Return the names of the files."""
    return sorted(path.name for path in folder().iterdir())


def copy_to(place: Path) -> None:
    """Copy the files to a folder."""
    shutil.copytree(folder(), place, dirs_exist_ok=True)
