"""How the corpus of an artifact was cut into words, as the artifact records it."""

from typing import Any

from lexloom.corpus.tokenizer import Tokenizer, tokenizer_settings
from lexloom.corpus.vocabulary import word_before_text
from lexloom.errors import LexloomError
from lexloom.storage.artifacts import Artifact


def tokenizer_of(artifact: Artifact) -> Tokenizer:
    """Return the tokenizer of a corpus, or of what was made from one; the default one if none is recorded.

    A command that is recorded is left out: a file from a stranger must not run a program. Text for such a
    model needs spaces between its words.

    Raises
    ------
    ArtifactError
        If what is recorded is not allowed.
    """
    try:
        return Tokenizer(**tokenizer_settings(_recorded(artifact)) | {"command": None})
    except LexloomError as error:
        artifact.refuse(f"how its corpus was tokenized: {str(error).splitlines()[0]}")


def word_before_text_of(artifact: Artifact) -> int:
    """Return `word_before_text` of a corpus or language model.

    Raises
    ------
    ArtifactError
        If the artifact does not say what ends a sentence, or that is none of its words.
    """
    if "sentence_end" not in _recorded(artifact):
        artifact.refuse("does not say how its corpus was tokenized")
    end = tokenizer_of(artifact).sentence_end
    if end is not None and end not in artifact["words"]:
        artifact.refuse(f"its sentence end {end!r:.80} is none of its words")
    return word_before_text(artifact["words"], end)


def _recorded(artifact: Artifact) -> dict[str, Any]:
    """Return the settings among which are those of the tokenizer."""
    settings = artifact.settings if artifact.kind == "corpus" else artifact.settings.get("tokenizer", {})
    return settings if isinstance(settings, dict) else {}
