"""The word vectors of each corpus: what scores them, and which jobs make them."""

from importlib.util import find_spec

from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from library.texts import Files, Texts


class WordVectors:
    """The word vectors of the configured corpora."""

    def __init__(self, configuration: Configuration, texts: Texts):
        self.configuration, self.texts = configuration, texts

    def start(self, name: str) -> Files:
        """Return the vectors that a model continues from, by name of input; nothing where it starts anew."""
        path = self.configuration.word2vec.models[name].start
        return {"start": [path]} if path else {}

    def rated_sets(self, corpus: str) -> Files:
        """Return the files that take no time to score vectors by: all test sets but the analogies."""
        files = self.test_sets(corpus)
        return {name: paths for name, paths in files.items() if name != "analogies"}

    def test_sets(self, corpus: str) -> Files:
        """Return the files that the vectors of a corpus are scored against, by name of input and option.

        The set named `analogies` has analogies, every other one rated pairs of words.
        """
        files = {name: f"data/{file.path}" for name, file in self.configuration.evaluation.sets.items()}
        analogies = [files.pop("analogies")] if "analogies" in files else []
        return self.texts.gold(corpus) or {"similarity": list(files.values()), "analogies": analogies}

    def scores(self, corpus: str) -> Files:
        """Return the scores of each kind of word vectors, and the benchmarks of the jobs behind them."""
        jobs = self._jobs(corpus)
        names = dict.fromkeys(name for group in jobs.values() for name in group)
        return {
            "similarity": [f"results/{corpus}/similarity/{name}.h5" for name in jobs],
            "benchmarks": [_benchmark(corpus, name) for name in names],
        }

    def benchmarks(self, corpus: str) -> str:
        """Return the benchmarks of the jobs behind each kind of word vectors, as options."""
        return " ".join(
            as_options({"benchmarks": [_benchmark(corpus, name) for name in names]})
            for names in self._jobs(corpus).values()
        )

    def _jobs(self, corpus: str) -> dict[str, list[str]]:
        """Return the jobs that make each kind of word vectors from the ids of a corpus.

        Those of gensim are among them where it is installed, and asked for.
        """
        shards = self.configuration.counts.shards
        numbers = range(1, shards + 1) if shards > 1 else []
        counted = [f"count_shard_{shard}-of-{shards}" for shard in numbers]
        counted += ["count_cooccurrences", "weight_ppmi"]
        names = self.configuration.corpora[corpus].vectors
        ours = {
            "ppmi": counted,
            "svd": [*counted, "factorize_svd"],
            **{name: ["create_contexts", f"train_{name}"] for name in names},
        }
        beside = find_spec("gensim") and corpus in self.configuration.gensim.corpora
        theirs = ["gensim_cbow", "gensim_skipgram"] if beside else []
        return ours | {name: [f"train_{name}"] for name in theirs}


def _benchmark(corpus: str, job: str) -> str:
    return f"results/{corpus}/benchmarks/{job}.tsv"
