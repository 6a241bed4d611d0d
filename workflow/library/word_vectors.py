"""The word vectors of each corpus: what scores them, and which jobs make them."""

import os
from importlib.util import find_spec
from typing import Any

from lexloom.corpus.text_files import why_not_regular
from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from lexloom.settings.corpora import RatedCorpus
from library.runs import Runs
from library.texts import Files, Texts

GENSIM = {"gensim_cbow": "cbow", "gensim_skipgram": "skip-gram"}
"""gensim's vectors by name, with the model that each is."""


class WordVectors:
    """The word vectors of the configured corpora."""

    def __init__(self, configuration: Configuration, texts: Texts):
        self.configuration, self.texts = configuration, texts
        models, seeds = configuration.word2vec, (configuration.seed, configuration.seeds)
        self.runs = Runs(models.models, models.grids, *seeds)
        beside = {
            name: dict(getattr(configuration.gensim, model.replace("-", ""))) | {"model": model}
            for name, model in GENSIM.items()
        }
        self.gensim_runs = Runs(beside, {}, *seeds)

    @property
    def names(self) -> list[str]:
        """The names of all kinds of vectors that a corpus may have."""
        return ["ppmi", "svd", *self.runs.settings, *self.gensim_runs.settings]

    def path(self, corpus: str, name: str) -> str:
        """Return the file of word vectors, or of the PPMI whose rows are such."""
        return f"{'data' if name == 'ppmi' else 'results'}/{corpus}/{name}.h5"

    def trained(self, corpus: str) -> Files:
        """Return the vectors of a corpus that CBOW and skip-gram learn."""
        return {"files": [self.path(corpus, name) for name in self.configuration.corpora[corpus].vectors]}

    def plane(self, corpus: str, method: str) -> Files:
        """Return what draws vectors: they, the corpus, and what is known of it if it is generated."""
        files = [self.path(corpus, method), f"data/{corpus}/corpus.h5"]
        return {"files": files, **self.texts.gold(corpus)}

    def top_words(self, corpus: str) -> Files:
        """Return what draws the PPMI of frequent words: the matrix and the corpus."""
        return {"files": [self.path(corpus, "ppmi"), f"data/{corpus}/corpus.h5"]}

    def sweep(self, corpus: str) -> Files:
        """Return the table of a sweep."""
        return {"files": [f"results/{corpus}/vector_sweep.tsv"]}

    def start(self, name: str) -> Files:
        """Return the vectors that a model continues from, by name of input; nothing where it starts anew."""
        path = self.runs.settings[name]["start"]
        return {"start": [path]} if path else {}

    def start_sha256(self, name: str) -> str | None:
        """Return the sha256 of the vectors that a model continues from, if no rule makes them."""
        path = self.runs.settings[name]["start"]
        made = {self.path(corpus, each) for corpus in self.configuration.corpora for each in self.names}
        if path is None or os.path.normpath(path) in made or why_not_regular(path):
            return None
        return self.texts.checksums.sha256([path])[path]

    def rated_sets(self, corpus: str) -> Files:
        """Return the files that take no time to score vectors by: all test sets but the analogies."""
        files = self.test_sets(corpus)
        return {name: paths for name, paths in files.items() if name != "analogies"}

    def test_sets(self, corpus: str) -> Files:
        """Return the files that the vectors of a corpus are scored against, by name of input and option.

        The set named `analogies` has analogies, every other one rated pairs of words. A generated corpus
        brings its own.
        """
        chosen = self.configuration.corpora[corpus]
        if not isinstance(chosen, RatedCorpus):
            return self.texts.gold(corpus)
        sets = self.configuration.evaluation.sets
        files = {name: self.texts.downloaded(sets[name]) for name in chosen.evaluate}
        analogies = [files.pop("analogies")] if "analogies" in files else []
        return {"similarity": list(files.values()), "analogies": analogies}

    def evaluated_by(self, corpus: str) -> Files:
        """Return test sets, and the corpus if its words are the queries, by name of input and option."""
        queries = self.configuration.corpora[corpus].queries
        return self.test_sets(corpus) | (self.texts.ids(corpus) if queries is None else {})

    def evaluation(self, corpus: str) -> str:
        """Return what the vectors of a corpus are scored against, and the words to list, as options."""
        listed: dict[str, Any] = {"neighbours": self.configuration.evaluation.neighbours}
        if (queries := self.configuration.corpora[corpus].queries) is not None:
            listed["queries"] = queries
        return as_options(self.evaluated_by(corpus) | listed)

    def scores(self, corpus: str) -> Files:
        """Return the scores of each kind of vectors, the corpus, and the benchmarks of all jobs behind."""
        jobs = self._jobs(corpus)
        names = dict.fromkeys(name for group in jobs.values() for name in group)
        return {
            "files": [f"results/{corpus}/similarity/{name}.h5" for name in jobs],
            **self.texts.ids(corpus),
            "benchmarks": [_benchmark(corpus, name) for name in names],
        }

    def compared(self, corpus: str) -> list[str]:
        """Return the names of the vectors of a corpus that are compared with each other."""
        return list(self._jobs(corpus))

    def benchmarks(self, corpus: str) -> str:
        """Return the benchmarks of the jobs behind each kind of word vectors, as options."""
        return " ".join(
            as_options({"benchmarks": [_benchmark(corpus, name) for name in names]})
            for names in self._jobs(corpus).values()
        )

    def over_seeds(self, corpus: str) -> dict[str, list[str]]:
        """Return the scores of the runs of each variant of the learned vectors of a corpus, by its name."""
        variants = self.runs.variants | self.gensim_runs.variants
        return {
            variant: [f"results/{corpus}/similarity/{run}.h5" for run in runs]
            for name in [*self.configuration.corpora[corpus].vectors, *self._beside(corpus)]
            for variant, runs in variants[name].items()
        }

    def _beside(self, corpus: str) -> list[str]:
        """Return the names of gensim's vectors where it is installed, and asked for."""
        return list(GENSIM) if find_spec("gensim") and corpus in self.configuration.gensim.corpora else []

    def _jobs(self, corpus: str) -> dict[str, list[str]]:
        """Return the jobs that make each kind of word vectors from the ids of a corpus."""
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
        return ours | {name: [f"train_{name}"] for name in self._beside(corpus)}


def _benchmark(corpus: str, job: str) -> str:
    return f"results/{corpus}/benchmarks/{job}.tsv"
