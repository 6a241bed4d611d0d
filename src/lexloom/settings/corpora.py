"""Which texts there are, and what is made of each."""

from typing import Annotated, Any, Literal

from pydantic import Field

from lexloom.settings.base import DISTINCT, Settings, expected, matching, name_of_file
from lexloom.settings.contexts import Contexts
from lexloom.settings.counts import Counting
from lexloom.settings.downloads import Address, DownloadedFile
from lexloom.settings.generate import Generated
from lexloom.settings.ppmi import Ppmi
from lexloom.settings.svd import Svd
from lexloom.settings.tokenize import Tokenize

CorpusName = Annotated[
    str,
    name_of_file(
        "lessons",
        "benchmarks",
        but_not="lessons or benchmarks, folders of results that belong to no corpus",
        any_script=True,
    ),
]
Word = Annotated[
    str, matching(r"^[^-\0\n][^\0\n]*", "a word in one line, as text, without a hyphen at its start")
]
Words = Annotated[
    list[Word],
    *DISTINCT,
    expected("a list of words, none twice"),
]


VectorsName = Annotated[str, expected("the name of one of word2vec.models")]
ModelName = Annotated[str, expected("the name of one of rnnlm.models")]
TestSetName = Annotated[str, expected("the name of one of evaluation.sets")]
OwnModelName = Annotated[str, expected("the name of one of the corpus's models")]


def _distinct_names(of: str) -> tuple[Any, ...]:
    """Restrict a list to names of which none is repeated."""
    return *DISTINCT, expected(f"a list of names of {of}, none twice")


class CorpusBase(Settings):
    """What is made of a corpus, and where its settings differ from those of all."""

    tokenize: Tokenize = Field(Tokenize(), description="what differs from `tokenize` for this corpus")
    counts: Counting = Field(Counting(), description="what differs from `counts` for this corpus")
    ppmi: Ppmi = Field(Ppmi(), description="what differs from `ppmi` for this corpus")
    svd: Svd = Field(Svd(), description="what differs from `svd` for this corpus")
    contexts: Contexts = Field(Contexts(), description="what differs from `contexts` for this corpus")
    vectors: Annotated[list[VectorsName], *_distinct_names("word2vec.models")] = Field(
        description="which of word2vec.models to train, [] for none"
    )
    models: Annotated[list[ModelName], *_distinct_names("rnnlm.models")] = Field(
        description="which of rnnlm.models to train, [] for none"
    )
    adapt: Annotated[list[OwnModelName], *_distinct_names("the corpus's models")] = Field(
        [], description="which of these to measure as they adapt to the text they read, too"
    )
    queries: Words | None = Field(
        None,
        description="words whose nearest words are listed; by default six of the corpus, frequent to rare",
    )


class RatedCorpus(CorpusBase):
    """A corpus whose word vectors may be scored by what people said of words."""

    evaluate: Annotated[list[TestSetName], *_distinct_names("evaluation.sets")] = Field(
        [],
        description="which of evaluation.sets score its vectors: those in its language",
    )


class DownloadedFiles(Settings):
    """The three texts of a corpus to download."""

    train: DownloadedFile = Field(description="the text to train on")
    valid: DownloadedFile = Field(description="the text to choose settings on")
    test: DownloadedFile = Field(description="the text to measure on")


class DownloadedCorpus(RatedCorpus):
    """A corpus to download."""

    source: Literal["download"] = Field(description="the texts are downloaded")
    origins: Annotated[list[Address], Field(min_length=1), expected("a list of addresses, at least one")] = (
        Field(
            description="addresses tried in turn, after LEXLOOM_MIRROR if that is set; {file} stands for the "
            "file's name"
        )
    )
    files: DownloadedFiles = Field(description="the texts")


class GeneratedCorpus(CorpusBase, Generated):
    """A corpus generated from the sample grammar."""

    source: Literal["generate"] = Field(description="the texts are generated")


FilePattern = Annotated[str, matching(r"^[\s\S]+", "the path or glob of text files")]
FilePatterns = Annotated[
    FilePattern | Annotated[list[FilePattern], Field(min_length=1)],
    expected("a path or glob, or a list of them"),
]


class SplitFiles(Settings):
    """The files of each of the three texts of a corpus."""

    train: FilePatterns = Field(description="the text to train on")
    valid: FilePatterns = Field(description="the text to choose settings on")
    test: FilePatterns = Field(description="the text to measure on")


class OwnCorpus(RatedCorpus):
    """A corpus made from files on this machine."""

    source: Literal["files"] = Field(description="the texts are files on this machine")
    files: Annotated[
        FilePattern | Annotated[list[FilePattern], Field(min_length=1)] | SplitFiles,
        expected("a path or glob, a list of them, or one of these for each of train, valid and test"),
    ] = Field(description="UTF-8 text files: one text, or one for each of train, valid and test")


Corpus = Annotated[DownloadedCorpus | GeneratedCorpus | OwnCorpus, Field(discriminator="source")]
