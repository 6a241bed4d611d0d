"""The texts of each corpus: where they come from, which files they are, and how they become words."""

import hashlib
import os
import shlex
from collections.abc import Iterator
from pathlib import Path, PurePath

from snakemake.exceptions import WorkflowError

from lexloom.corpus.text_lists import format_list
from lexloom.errors import LexloomError, printable
from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from lexloom.settings.corpora import SplitFiles
from lexloom.settings.downloads import DownloadedFile
from lexloom.settings.splits import SPLITS
from lexloom.settings.tokenize import Segmenting
from lexloom.storage.atomic_files import replacing
from lexloom.storage.checksums import file_sha256
from library.file_patterns import matching_files
from library.known_checksums import KnownChecksums

Files = dict[str, list[str]]

# How to tokenize a generated corpus so that its tokens are what the grammar made: words and line ends.
AS_GENERATED = {"pattern": None, "lower": False, "sentence_end": "<eos>", "min_count": 1, "max_vocab": None}


class Texts:
    """The texts of the configured corpora.

    Parameters
    ----------
    configuration : Configuration
    planning : bool
        Whether lists of texts are written. A job on another node reads the list that it was planned with, so
        that it sees a text that has changed since.
    """

    def __init__(self, configuration: Configuration, planning: bool = True):
        self.configuration = configuration
        self.planning = planning
        self.checksums = KnownChecksums(".snakemake/checksums.json")
        self._lists: dict[str, tuple[str, str]] = {}

    def downloads(self) -> dict[str, tuple[str, list[str]]]:
        """Return the sha256 and the addresses of each file to download, by its path under data/.

        Raises
        ------
        WorkflowError
            When two downloads of one path differ, or another file or folder is there.
        """
        keys: dict[str, str] = {}
        downloads: dict[str, tuple[str, list[str]]] = {}
        for key, file, origins in self._downloads():
            if self._is_made(file.path):
                raise WorkflowError(f"{key}: {file.path} is a file that is made here; give another path")
            first = keys.setdefault(file.path, key)
            if downloads.setdefault(file.path, (file.sha256, origins))[0] != file.sha256:
                raise WorkflowError(
                    f"{first} and {key}: both have the path {file.path}, but different sha256; give one of "
                    "them another path, or both the same sha256"
                )
        for path in downloads:
            for folder in map(str, PurePath(path).parents):
                if folder in downloads:
                    raise WorkflowError(
                        f"{keys[folder]}: {folder} is the folder of {path}; give another path"
                    )
        return downloads

    def download_sizes(self) -> dict[str, int]:
        """Return the size in bytes of each file to download, by its path under data/."""
        return {file.path: file.size for _, file, _ in self._downloads()}

    def _is_made(self, path: str) -> bool:
        """Return whether a path under data/ is that of a corpus, or of what is made in its folder."""
        name, *below = path.split("/")
        if name not in self.configuration.corpora:
            return False
        texts = {f"{split}.txt" for split in SPLITS} if name in self.generated else {"texts.sha256"}
        return not below or below[0] in texts or any(part.lower().endswith(".h5") for part in below)

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
            return {split: [self.downloaded(file)] for split, file in corpus.files}
        if isinstance(corpus.files, str | list):
            files = {"train": matching_files(corpus.files)}
        else:
            files = {split: matching_files(patterns) for split, patterns in corpus.files}
        for path in (path for paths in files.values() for path in paths):
            folder, _, below = os.path.relpath(path).partition("/")
            if folder in ("results", "logs") or (folder == "data" and self._is_made(below)):
                raise WorkflowError(
                    f"corpora.{name}.files: {printable(path)} is among the files that are made here; "
                    "give another path or pattern"
                )
        return files

    def downloaded(self, file: DownloadedFile) -> str:
        """Return where a downloaded file is, or will be.

        Raises
        ------
        WorkflowError
            When there is another file: a person edited or replaced it, or the sha256 in the configuration.
        """
        path = f"data/{file.path}"
        if os.path.exists(path) and (sha256 := self.checksums.sha256([path])[path]) != file.sha256:
            raise WorkflowError(
                f"{path}: its sha256 is {sha256}, but {file.sha256} in the configuration; "
                "delete the file to download it again, or move it away to keep it"
            )
        return path

    def inputs(self, name: str) -> Files:
        """Return what a corpus is tokenized from, by name of input: its text files, or a list of them."""
        if self.configuration.corpora[name].source == "files":
            return {"list": [self._listed(name)[0]]}
        return self.files(name)

    def tokenization(self, name: str) -> str:
        """Return how to tokenize a corpus, and what, as options.

        Texts of a person are given as a list with its sha256. So Snakemake sees every change of their names,
        order and contents, whatever the dates of the files, and no command line is too long.
        """
        corpus = self.configuration.corpora[name]
        settings = self.configuration.own("tokenize", name).model_dump()
        if corpus.source != "files" or isinstance(corpus.files, SplitFiles):
            del settings["split"], settings["split_by"]
        elif settings["split_by"] != "position":
            settings["seed"] = self.configuration.seed
        if corpus.source == "files":
            path, sha256 = self._listed(name)
            return as_options(settings | {"list": path, "sha256": sha256})
        files = self.files(name)
        held_out = {split: files[split] for split in SPLITS[1:]}
        return f"{as_options(settings | held_out)} -- {shlex.join(files['train'])}"

    def program(self, name: str) -> list[str]:
        """Return the checksums of the files that the command to tokenize a corpus names, such as a script."""
        command = self.configuration.own("tokenize", name).part(Segmenting).command
        paths = [word for word in shlex.split(command or "") if os.path.isfile(word)]
        return list(self.checksums.sha256(paths).values())

    def _listed(self, name: str) -> tuple[str, str]:
        """Write the list of a person's texts where it has changed, and return its path and sha256."""
        path = f"data/{name}/texts.sha256"
        if not self.planning and os.path.isfile(path):
            return path, file_sha256(path)
        if name not in self._lists:
            contents = format_list(
                {split: self.checksums.sha256(paths) for split, paths in self.files(name).items()}
            )
            if not os.path.isfile(path) or Path(path).read_bytes() != contents:
                try:
                    with replacing(path) as file:
                        file.write(contents)
                except LexloomError as error:
                    raise WorkflowError(str(error)) from error
            self._lists[name] = path, hashlib.sha256(contents).hexdigest()
        return self._lists[name]

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
