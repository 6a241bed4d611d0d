"""The language models of each corpus, and the files that say how well they predict."""

from collections.abc import Iterable
from itertools import product
from typing import NamedTuple

from lexloom.settings.adaptation import Adaptation
from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from library.runs import Runs
from library.texts import Files

_SMALL = 64  # hidden units


class Measured(NamedTuple):
    """A language model, its perplexity, and the benchmark of the job that trained or adapted it."""

    name: str
    perplexity: str
    benchmark: str


class LanguageModels:
    """The language models of the configured corpora."""

    def __init__(self, configuration: Configuration):
        self.configuration = configuration
        models = configuration.rnnlm
        self.runs = Runs(models.models, models.grids, configuration.seed, configuration.seeds)

    def trained(self, corpus: str) -> Files:
        """Return the recurrent models of a corpus."""
        models = self.configuration.corpora[corpus].models
        return {"files": [f"results/{corpus}/rnnlm/{model}.h5" for model in models]}

    def threads(self, language_model: str) -> int:
        """Return the number of threads for `ngram`, or for a recurrent model, with or without `rnnlm/`.

        A small recurrent model is as fast on one, and another model can have the other cores.
        """
        settings = self.runs.settings.get(language_model.removeprefix("rnnlm/"))
        return 1 if settings and settings["hidden"] <= _SMALL else self.configuration.threads

    def recurrent(self, corpus: str) -> list[Measured]:
        """Return what is measured of each recurrent model of a corpus."""
        models = self.configuration.corpora[corpus].models
        return [_measured(corpus, name, f"rnnlm/{name}_perplexity", f"train_rnnlm_{name}") for name in models]

    def unadapted(self, corpus: str) -> list[Measured]:
        """Return what is measured of the n-grams and of each recurrent model of a corpus."""
        return [_measured(corpus, "ngram", "ngram_perplexity", "train_ngram"), *self.recurrent(corpus)]

    def rungs(self, corpus: str) -> list[Measured]:
        """Return what is measured of every model of a corpus, also of those that adapt."""
        pairs = product(self.configuration.corpora[corpus].adapt, Adaptation.model_fields)
        return self.unadapted(corpus) + [
            _measured(
                corpus, "+".join(pair), f"rnnlm/adapted/{'_'.join(pair)}", f"adapt_rnnlm_{'_'.join(pair)}"
            )
            for pair in pairs
        ]

    def measured(self, corpus: str) -> Files:
        """Return the perplexity of each model of a corpus that does not adapt."""
        return {"files": [model.perplexity for model in self.unadapted(corpus)]}

    def over_seeds(self, corpus: str) -> dict[str, list[str]]:
        """Return the perplexities of the runs of each variant of the models of a corpus, by its name."""
        return {
            variant: [f"results/{corpus}/rnnlm/{run}_perplexity.h5" for run in runs]
            for model in self.configuration.corpora[corpus].models
            for variant, runs in self.runs.variants[model].items()
        }

    def training_log(self, corpus: str, model: str) -> Files:
        """Return the log of a training, and the model: the log is there before the training has ended."""
        path = f"results/{corpus}/rnnlm/{model}"
        return {"files": [f"{path}.csv"], "model": [f"{path}.h5"]}

    def adaptation(self, method: str) -> str:
        """Return a way in which a model adapts, with what its settings are chosen from, as options."""
        settings = getattr(self.configuration.rnnlm.adaptation, method)
        return as_options(dict(settings) | {"method": method})

    def ladder(self, corpus: str) -> str:
        """Return the models of a corpus, and the perplexities published and expected of them, as options."""
        return f"{model_options(self.rungs(corpus))} {self.known(corpus)}"

    def known(self, corpus: str) -> str:
        """Return the perplexities published and expected of the models of a corpus, as options."""
        rungs = self.rungs(corpus)
        options = {}
        for group in ("published", "expected"):
            known = getattr(self.configuration, group).get(corpus, {})
            options[group] = [f"{rung.name}={known[rung.name]}" for rung in rungs if rung.name in known]
        return as_options(options)


def model_files(models: Iterable[Measured]) -> Files:
    """Return the files of measured models, by name of input."""
    measured = list(models)
    return {
        "perplexities": [model.perplexity for model in measured],
        "benchmarks": [model.benchmark for model in measured],
    }


def model_options(models: Iterable[Measured]) -> str:
    """Return measured models as options, one for each."""
    return " ".join(as_options({"model": list(model)}) for model in models)


def _measured(corpus: str, name: str, perplexity: str, job: str) -> Measured:
    return Measured(name, f"results/{corpus}/{perplexity}.h5", f"results/{corpus}/benchmarks/{job}.tsv")
