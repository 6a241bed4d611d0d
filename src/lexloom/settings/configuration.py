"""The whole configuration: what config/config.yaml may say."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from lexloom.settings.base import Parts, Settings, Several, expected
from lexloom.settings.contexts import Contexts
from lexloom.settings.corpora import Corpus, CorpusName
from lexloom.settings.counts import Counts
from lexloom.settings.evaluation import Evaluation
from lexloom.settings.execution import Checkpoints, Compute, Seed, SeedNumber
from lexloom.settings.gensim import Gensim
from lexloom.settings.language_models import RnnlmModels
from lexloom.settings.ngram import Ngram
from lexloom.settings.perplexities import Perplexities
from lexloom.settings.ppmi import Ppmi
from lexloom.settings.svd import Svd
from lexloom.settings.sweep import Sweep
from lexloom.settings.tokenize import Tokenize
from lexloom.settings.vector_models import Word2vecModels
from lexloom.settings.vectors import Vectors


class Configuration(Seed, Compute, Checkpoints):
    """The configuration of lexloom."""

    corpus: Annotated[str, expected("the name of one of the corpora")] = Field(
        description="the corpus to work on"
    )
    ranks: Parts = Field(
        1,
        description="processes that share a training by MPI, at most as many as its `parts`, with `threads` "
        "threads each; results do not depend on it",
    )
    seeds: Several[SeedNumber] = Field(
        [1, 2, 3],
        description="the target `seeds` trains language models and word vectors with each of these, on the "
        "text of `seed`",
    )
    corpora: Annotated[dict[CorpusName, Corpus], Field(min_length=1)] = Field(
        description="named corpora, at least one"
    )
    tokenize: Tokenize = Field(Tokenize(), description="how text becomes word ids")
    counts: Counts = Field(Counts(), description="how pairs of near words are counted")
    ppmi: Ppmi = Field(Ppmi(), description="how counted pairs are weighted")
    svd: Svd = Field(Svd(), description="how weighted pairs are factorized")
    sweep: Sweep = Field(Sweep(), description="counted vectors by every combination of these")
    vectors: Vectors = Field(Vectors(), description="how word vectors are stored")
    contexts: Contexts = Field(Contexts(), description="which words CBOW and skip-gram see")
    word2vec: Word2vecModels = Field(description="word vectors learned by CBOW and skip-gram")
    gensim: Gensim = Field(Gensim(), description="the same words by gensim, for comparison")
    ngram: Ngram = Field(Ngram(), description="the n-gram language model")
    rnnlm: RnnlmModels = Field(description="recurrent language models")
    published: Perplexities = Field(
        {}, description="test perplexities in the literature, by corpus and model"
    )
    expected: Perplexities = Field(
        {}, description="test perplexities that the models had with seed 1, by corpus and model"
    )
    evaluation: Evaluation = Field(Evaluation(), description="what word vectors are scored against")

    @field_validator("ranks")
    @classmethod
    def _are_on_the_cpu(cls, ranks: int, info: ValidationInfo) -> int:
        if ranks > 1 and info.data.get("device") == "cuda":
            raise ValueError(f"ranks is {ranks}, but a GPU trains alone; set ranks to 1, or device to cpu")
        return ranks

    def own(self, key: str, corpus: str) -> Settings:
        """Return the settings of a key such as `counts` for a corpus: its own, and else those of all."""
        chosen: Settings = getattr(self.corpora[corpus], key)
        return chosen.over(getattr(self, key).part(type(chosen)))
