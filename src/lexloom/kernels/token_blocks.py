"""Blocks of tokens whose scores of all words are held at once."""

from lexloom.kernels.pool import cut

_SCORES = 1 << 22


def token_blocks(tokens: int, words: int) -> list[slice]:
    """Cut `range(tokens)` into blocks with about 4 million scores, but never less than one token."""
    return cut(tokens, max(1, _SCORES // words))
