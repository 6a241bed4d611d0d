"""The exceptions that a person is meant to read."""


class LexloomError(Exception):
    """A mistake in a file, a key or a value: the message names it, what was expected and what to do next.

    Scripts print the message without a traceback and exit with 1. A defect of lexloom itself is never a
    `LexloomError`.
    """


class Interrupted(Exception):
    """A signal ended the work, and what is needed to go on is kept: the message says where.

    Scripts print the message without a traceback and exit with 128 and the number of the signal.
    """

    def __init__(self, message: str, signal: int):
        super().__init__(message)
        self.signal = signal
