"""The one exception that a person is meant to read."""


class LexloomError(Exception):
    """A mistake in a file, a key or a value: the message names it, what was expected and what to do next.

    Scripts print the message without a traceback and exit with 1. A defect of lexloom itself is never a
    `LexloomError`.
    """
