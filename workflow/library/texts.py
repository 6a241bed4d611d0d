"""The texts of each corpus: where they come from, which files they are, and how they become words."""

from glob import glob
from pathlib import Path

from snakemake.exceptions import WorkflowError

from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from lexloom.settings.splits import SPLITS

Files = dict[str, list[str]]

# How to tokenize a generated corpus so that its tokens are what the grammar made: words and line ends.
AS_GENERATED = {"pattern": None, "lower": False, "sentence_end": "<eos>", "min_count": 1, "max_vocab": None}


class Texts:
    """The texts of the configured corpora."""

    def __init__(self, configuration: Configuration):
        self.configuration = configuration

    def downloads(self) -> dict[str, tuple[str, list[str]]]:
        """Return the sha256 and the addresses of each file to download, by its path under data/."""
        sets = self.configuration.evaluation.sets.values()
        files = {each.path: (each.sha256, [each.origin]) for each in sets}
        for corpus in self.configuration.corpora.values():
            if corpus.source == "download":
                for _, file in corpus.files:
                    name = Path(file.path).name
                    origins = [origin.replace("{file}", name) for origin in corpus.origins]
                    files[file.path] = (file.sha256, origins)
        return files

    def files(self, name: str) -> Files:
        """Return the text files of a corpus: by train, valid and test, or train alone."""
        corpus = self.configuration.corpora[name]
        if corpus.source == "generate":
            return {split: [f"data/{name}/{split}.txt"] for split in SPLITS}
        if corpus.source == "download":
            return {split: [f"data/{file.path}"] for split, file in corpus.files}
        if isinstance(corpus.files, str | list):
            return {"train": matching_files(corpus.files)}
        return {split: matching_files(patterns) for split, patterns in corpus.files}

    def tokenization(self, name: str) -> str:
        """Return how to tokenize a corpus, as options; the split counts only where there is one text."""
        unused = {"split"} if "valid" in self.files(name) else set()
        return as_options(self.configuration.own("tokenize", name).model_dump(exclude=unused))

    def gold(self, name: str) -> Files:
        """Return the file with what is known of a generated corpus, by name of input; nothing of others."""
        generated = self.configuration.corpora[name].source == "generate"
        return {"gold": [f"data/{name}/gold.h5"]} if generated else {}

    def reference(self, name: str) -> Files:
        """Return the file with the perplexity that no model of a corpus can expect to beat, like `gold`.

        It is known of a generated corpus whose tokens are what the grammar made; fewer words are easier to
        predict.
        """
        tokenize = self.configuration.own("tokenize", name)
        as_generated = all(getattr(tokenize, key) == value for key, value in AS_GENERATED.items())
        return self.gold(name) if as_generated else {}


def matching_files(patterns: str | list[str]) -> list[str]:
    """Return the files that paths or globs name, each once.

    Raises
    ------
    WorkflowError
        When one names no file: where a corpus was made before, Snakemake would pass over it in silence.
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
