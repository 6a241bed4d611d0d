"""The formats in which the command `lexloom` writes word vectors and settings."""

from typing import Literal

ExportFormat = Literal["word2vec", "word2vec-binary", "projector", "npz"]
SettingsFormat = Literal["text", "markdown", "schema"]
