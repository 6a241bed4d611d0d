"""The tables and figures that people open, and what their scripts are given."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from lexloom.settings.command_line import as_options
from library.language_models import LanguageModels, model_files
from library.runs import run_files, run_options
from library.texts import Files, Texts
from library.word_vectors import WordVectors

FRONT, WORDS, LANGUAGE, COMPARED = "Explorer", "Word vectors", "Language models", "Settings and seeds"


@dataclass(frozen=True)
class Report:
    """A table or a figure.

    Attributes
    ----------
    path : str
        The path under the results of the corpus, with wildcards.
    category, shows : str
        Its section of Snakemake's report, and its label there.
    files : callable
        The inputs by name, given the wildcards. The script takes `files` as its arguments, and `corpus` and
        `gold` as options; the other inputs only have to be there, or are named by `more`.
    more : callable
        Further options.
    target : str
        The target of the graph that makes it.
    computes : bool
        Whether the script computes with several threads, or on the device.
    """

    path: str
    category: str
    shows: str
    files: Callable[..., Files]
    more: Callable[..., str] = lambda **_: ""
    target: str = "all"
    computes: bool = False

    @property
    def output(self) -> str:
        """The path of the file, with wildcards."""
        return f"results/{{corpus}}/{self.path}"

    @property
    def outputs(self) -> dict[str, str]:
        """The paths of all files by name, with wildcards: a table is also a page."""
        pages = {"page": self.output.removesuffix(".txt") + ".html"} if self.is_table else {}
        return {"result": self.output, **pages}

    @property
    def opened(self) -> str:
        """The name of the output that Snakemake's report opens."""
        return "page" if self.is_table else "result"

    @property
    def is_table(self) -> bool:
        """Whether it is a table."""
        return self.path.endswith(".txt")

    def inputs(self, wildcards: Any) -> Files:
        """Return the inputs by name."""
        return {"files": [], **self.files(**dict(wildcards.items()))}

    def options(self, wildcards: Any) -> str:
        """Return the options of the script, but for its log and output."""
        inputs = self.inputs(wildcards).items()
        passed: dict[str, Any] = {name: paths for name, paths in inputs if name in ("corpus", "gold")}
        values = dict(wildcards.items())
        if self.is_table:
            passed["page"] = self.outputs["page"].format(**values)
        elif self.path.endswith(".png"):
            passed["name"] = values["corpus"]  # for the title
        return f"{as_options(passed)} {self.more(**values)}"


def paths_of(reports: Iterable[Report], corpus: str, **wildcards: list[str]) -> list[str]:
    """Return the files of tables and figures of a corpus for all values of wildcards, but no empty ones.

    What a table or figure shows is the first of its inputs: with no such file, there is nothing to show.
    """
    paths = []
    for made in reports:
        names = [name for name in wildcards if f"{{{name}}}" in made.path]
        for values in product(*(wildcards[name] for name in names)):
            chosen = {"corpus": corpus, **dict(zip(names, values, strict=True))}
            if next(iter(made.files(**chosen).values())):
                paths.append(made.output.format(**chosen))
    return paths


def all_reports(texts: Texts, vectors: WordVectors, models: LanguageModels) -> dict[str, Report]:
    """Return the tables and figures whose rules differ only in what stands here.

    A key is the script, with the wildcards that the log and the benchmark are named after.
    """
    over_seeds = {"rnnlm": models.over_seeds, "vectors": vectors.over_seeds}
    return {
        "explorer": Report(
            "explorer.html",
            FRONT,
            "all results on one page",
            lambda corpus: _explored(corpus, texts, vectors, models),
            lambda corpus: _explorer_options(corpus, texts, vectors, models),
        ),
        "tabulate_vectors": Report(
            "vectors.txt", WORDS, "scores and nearest words", vectors.scores, vectors.benchmarks
        ),
        "tabulate_ladder": Report(
            "ladder.txt",
            LANGUAGE,
            "perplexities, published, expected and ours",
            lambda corpus: model_files(models.rungs(corpus)),
            models.ladder,
        ),
        "tabulate_mixtures": Report("mixtures.txt", LANGUAGE, "perplexity of mixtures", models.measured),
        "tabulate_sweep": Report(
            "vector_sweep.txt", WORDS, "best settings of counted vectors", vectors.sweep, target="sweep"
        ),
        "plot_sweep": Report(
            "figures/vector_sweep.png",
            WORDS,
            "which settings of counts matter",
            vectors.sweep,
            target="sweep",
        ),
        "plot_training_curves": Report(
            "figures/training_curves.png", WORDS, "loss in training", vectors.trained
        ),
        "plot_words_{method}": Report(
            "figures/words_{method}.png", WORDS, "words in the plane, {method}", vectors.plane
        ),
        "plot_ppmi": Report("figures/ppmi.png", WORDS, "PPMI of the top words", vectors.top_words),
        "plot_perplexity": Report(
            "figures/perplexity.png",
            LANGUAGE,
            "perplexity in training",
            lambda corpus: models.trained(corpus) | texts.reference(corpus),
        ),
        "plot_perplexity_bands": Report(
            "figures/perplexity_bands.png",
            LANGUAGE,
            "perplexity by kind of token",
            lambda corpus: models.measured(corpus) | texts.ids(corpus),
        ),
        "plot_rnnlm_training": Report(
            "figures/rnnlm_training.png", LANGUAGE, "training, step by step", models.trained
        ),
        "plot_gradient_lags": Report(
            "figures/gradient_lags.png",
            LANGUAGE,
            "gradients on their way back in time",
            lambda corpus: models.trained(corpus) | texts.ids(corpus),
            computes=True,
        ),
        "tabulate_seeds_{kind}": Report(
            "{kind}_seeds.txt",
            COMPARED,
            "{kind}, mean over seeds",
            lambda corpus, kind: run_files(over_seeds[kind](corpus)),
            lambda corpus, kind: run_options(over_seeds[kind](corpus)),
            target="seeds",
        ),
        # Not made with the others, because speeds differ from run to run.
        "plot_rnnlm_speed_{model}": Report(
            "figures/rnnlm_speed_{model}.png",
            LANGUAGE,
            "speed of training, {model}",
            models.training_log,
            target="speeds",
        ),
    }


def _explored(corpus: str, texts: Texts, vectors: WordVectors, models: LanguageModels) -> Files:
    """Return all that the page of a corpus shows, by name of input."""
    names = vectors.compared(corpus)
    return {
        "files": [vectors.path(corpus, name) for name in names],
        "scores": [f"results/{corpus}/similarity/{name}.h5" for name in names],
        "trained": vectors.trained(corpus)["files"],
        "networks": models.trained(corpus)["files"],
        "perplexities": [rung.perplexity for rung in models.rungs(corpus)],
        **texts.ids(corpus),
        **texts.gold(corpus),
    }


def _explorer_options(corpus: str, texts: Texts, vectors: WordVectors, models: LanguageModels) -> str:
    explored = _explored(corpus, texts, vectors, models)
    measured = " ".join(as_options({"model": [rung.name, rung.perplexity]}) for rung in models.rungs(corpus))
    passed: dict[str, Any] = {name: explored[name] for name in ("scores", "trained", "networks")}
    passed |= {"name": corpus}
    if known := texts.reference(corpus):
        passed |= {"reference": known["gold"]}
    return f"{as_options(passed)} {measured} {models.known(corpus)}"
