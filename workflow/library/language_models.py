"""The language models of each corpus, and the files that say how well they predict."""

from lexloom.settings.adaptation import Adaptation
from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from library.texts import Files


class LanguageModels:
    """The language models of the configured corpora."""

    def __init__(self, configuration: Configuration):
        self.configuration = configuration

    def names(self, corpus: str) -> list[str]:
        """Return the names of the language models of a corpus, with that of the n-grams."""
        return ["ngram", *self.configuration.corpora[corpus].models]

    def measured(self, corpus: str) -> Files:
        """Return the perplexity of each language model of a corpus, and the benchmark of its training."""
        results, models = f"results/{corpus}", self.configuration.corpora[corpus].models
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

    def adapted(self, corpus: str) -> Files:
        """Return the perplexity of each model that adapts, and the benchmark of measuring it."""
        results, names = f"results/{corpus}", self._adapted_names(corpus)
        return {
            "adapted": [f"{results}/rnnlm/adapted/{'_'.join(pair)}.h5" for pair in names],
            "adapted_benchmarks": [
                f"{results}/benchmarks/adapt_rnnlm_{'_'.join(pair)}.tsv" for pair in names
            ],
        }

    def adaptation(self, method: str) -> str:
        """Return a way in which a model adapts, with what its settings are chosen from, as options."""
        settings = getattr(self.configuration.rnnlm.adaptation, method)
        return as_options(dict(settings) | {"method": method})

    def rungs(self, corpus: str) -> str:
        """Return the models of a corpus, and the perplexities published and expected of them, as options."""
        names = self.names(corpus) + ["+".join(pair) for pair in self._adapted_names(corpus)]
        known = {
            "published": self.configuration.published.get(corpus, {}),
            "expected": self.configuration.expected.get(corpus, {}),
        }
        options: dict[str, list[str]] = {"rungs": names}
        for group, perplexities in known.items():
            options[group] = [f"{name}={perplexities[name]}" for name in names if name in perplexities]
        return as_options(options)

    def _adapted_names(self, corpus: str) -> list[tuple[str, str]]:
        """Return the name of each model of a corpus that adapts, with each way of doing so."""
        models = self.configuration.corpora[corpus].adapt
        return [(model, method) for model in models for method in Adaptation.model_fields]
