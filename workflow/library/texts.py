"""The texts of each corpus: where they come from, which files they are, and how they become words."""

from collections.abc import Iterator
from glob import glob
from pathlib import Path

from snakemake.exceptions import WorkflowError

from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from lexloom.settings.downloads import SIZE, DownloadedFile
from lexloom.settings.splits import SPLITS

Files = dict[str, list[str]]

# How to tokenize a generated corpus so that its tokens are what the grammar made: words and line ends.
AS_GENERATED = {"pattern": None, "lower": False, "sentence_end": "<eos>", "min_count": 1, "max_vocab": None}


class Texts:
    """The texts of the configured corpora."""

    def __init__(self, configuration: Configuration):
        self.configuration = configuration

    def downloads(self) -> dict[str, tuple[str, list[str]]]:
        """Return the sha256 and the addresses of each file to download, by its path under data/.

        Raises
        ------
        WorkflowError
            When two downloads of one path differ, or a generated corpus has a file there.
        """
        keys: dict[str, str] = {}
        downloads: dict[str, tuple[str, list[str]]] = {}
        written = [self.files(name) | self.gold(name) for name in self.generated]
        generated = {path for files in written for paths in files.values() for path in paths}
        for key, file, origins in self._downloads():
            if f"data/{file.path}" in generated:
                raise WorkflowError(f"{key}: {file.path} is a file of a generated corpus; give another path")
            first = keys.setdefault(file.path, key)
            if downloads.setdefault(file.path, (file.sha256, origins))[0] != file.sha256:
                raise WorkflowError(
                    f"{first} and {key}: both have the path {file.path}, but different sha256; give one of "
                    "them another path, or both the same sha256"
                )
        return downloads

    def download_sizes(self) -> dict[str, int]:
        """Return the size in bytes of each file to download, by its path under data/."""
        return {file.path: file.size or SIZE for _, file, _ in self._downloads()}

    def _downloads(self) -> Iterator[tuple[str, DownloadedFile, list[str]]]:
        """Yield key, file and addresses of everything to download."""
        for name, each in self.configuration.evaluation.sets.items():
            yield f"evaluation.sets.{name}", each, [each.origin]
        for name, corpus in self.configuration.corpora.items():
            if corpus.source == "download":
                for split, file in corpus.files:
                    origins = [origin.replace("{file}", Path(file.path).name) for origin in corpus.origins]
                    yield f"corpora.{name}.files.{split}", file, origins

    @property
    def generated(self) -> list[str]:
        """The names of the corpora that are generated."""
        return [name for name, corpus in self.configuration.corpora.items() if corpus.source == "generate"]

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
        """Return how to tokenize a corpus, as options: how to split its one text, or its texts but train."""
        files = self.files(name)
        held_out = {split: files[split] for split in SPLITS[1:] if split in files}
        unused = {"split"} if held_out else set()
        return as_options(self.configuration.own("tokenize", name).model_dump(exclude=unused) | held_out)

    def ids(self, name: str) -> Files:
        """Return the file with the word ids of a corpus, by name of input."""
        return {"corpus": [f"data/{name}/corpus.h5"]}

    def gold(self, name: str) -> Files:
        """Return the file with what is known of a corpus, by name of input, if the corpus is generated."""
        return {"gold": [f"data/{name}/gold.h5"]} if name in self.generated else {}

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
    matches = {pattern: sorted(glob(pattern, recursive=True)) for pattern in patterns}
    missing = [pattern for pattern, paths in matches.items() if not paths]
    if missing:
        raise WorkflowError(
            f"corpora, files: no file is named {' or '.join(missing)} in {Path.cwd()}; "
            "correct the path or glob, or put the file there"
        )
    distinct = dict.fromkeys(path for paths in matches.values() for path in paths)
    # A script would take a file that begins with a hyphen for an option.
    return [f"./{path}" if path.startswith("-") else path for path in distinct]
