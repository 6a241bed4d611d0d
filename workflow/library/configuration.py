"""The check of the configuration: every mistake at once, with key, value and what is allowed."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import yaml
from snakemake.exceptions import WorkflowError

from lexloom.errors import did_you_mean
from lexloom.settings.configuration import Configuration
from lexloom.settings.mistakes import KeyPath, Mistake, find_mistakes, show
from library.duplicate_keys import duplicate_keys

Messages = Iterator[tuple[KeyPath, str]]


def read_configuration(config: Mapping[str, Any], paths: Iterable[str | Path] = ()) -> Configuration:
    """Check a configuration, and return it.

    Parameters
    ----------
    config : mapping
        The configuration as Snakemake merged it.
    paths : paths
        The files that it comes from, in which no key may stand twice.

    Raises
    ------
    WorkflowError
        With one line for each mistake; Snakemake prints it without a traceback.
    """
    mistakes = list(duplicate_keys(paths))
    if not mistakes:
        mistakes = [f"{'.'.join(path)}: {message}" for path, message in mistakes_in(config).items()]
    if mistakes:
        lines = "\n".join(f"  {mistake}" for mistake in mistakes)
        raise WorkflowError(
            f"the configuration has mistakes:\n{lines}\ndocs/reference/configuration.md explains each key"
        )
    return Configuration.model_validate(config)


def mistakes_in(config: Mapping[str, Any]) -> dict[KeyPath, str]:
    """Return what is wrong with a configuration, by the path of the key."""
    found = find_mistakes(Configuration, config)
    messages = {path: mistake.message + _as_no_text(config, path, mistake) for path, mistake in found.items()}
    for path, message in _contradictions(config, set(messages)):
        messages.setdefault(path, message)
    return dict(sorted(messages.items()))


def _contradictions(config: Mapping[str, Any], wrong: set[KeyPath]) -> Messages:
    """Yield which names refer to nothing, where the parts of the configuration that say so are right."""

    def entries(*path: str) -> Mapping[str, Any] | None:
        """Return a group of the configuration, None if it is missing or itself wrong."""
        if any(path[: len(bad)] == bad for bad in wrong):
            return None
        return {str(name): entry for name, entry in reduce(getitem, path, config).items()}

    def sound(*path: str) -> bool:
        return not any(path == bad[: len(path)] or path[: len(bad)] == bad for bad in wrong)

    def unknown(path: KeyPath, names: Iterable[Any], group: str, known: Iterable[str] | None) -> Messages:
        if known is None or not sound(*path):
            return
        for name in names:
            if name not in known:
                near = did_you_mean(str(name), known, 1)
                hint = f", {near}" if near else ""
                yield path, f"{show(name)} is not one of {group}{hint}; there are {', '.join(known)}"

    corpora, models = entries("corpora"), entries("rnnlm", "models")
    yield from unknown(("corpus",), [config.get("corpus")], "corpora", corpora)
    if sound("gensim", "corpora"):
        gensim = config.get("gensim", {}).get("corpora", [])
        yield from unknown(("gensim", "corpora"), gensim, "corpora", corpora)
    for name, corpus in (corpora or {}).items():
        path = ("corpora", name)
        if not isinstance(corpus, Mapping):
            continue
        vectors = entries("word2vec", "models")
        yield from unknown((*path, "models"), corpus.get("models", []), "rnnlm.models", models)
        yield from unknown((*path, "vectors"), corpus.get("vectors", []), "word2vec.models", vectors)
        if sound(*path, "models"):
            known = corpus.get("models", [])
            yield from unknown((*path, "adapt"), corpus.get("adapt", []), "the corpus's models", known)
    for group in ("published", "expected"):
        for name, perplexities in (entries(group) or {}).items():
            if sound(group, name) and models is not None:
                yield from unknown((group, name), [name], "corpora", corpora)
                for rung in perplexities:
                    at, model = (group, name, rung), rung.partition("+")[0]
                    yield from unknown(at, [model], "ngram and rnnlm.models", ["ngram", *models])


def _as_no_text(config: Mapping[str, Any], path: KeyPath, mistake: Mistake) -> str:
    """Return how to write a value that is a text and should be none; or nothing."""
    if not isinstance(mistake.value, str) or not mistake.rule:
        return ""
    try:
        read = yaml.safe_load(mistake.value)
    except (yaml.YAMLError, ValueError):
        return ""
    if isinstance(read, str):
        return _as_number(read, mistake.rule)
    if path in find_mistakes(Configuration, _changed(config, path, read)):
        return ""
    # Snakemake's --config makes a text of each value below a top-level key.
    nested = "; --config cannot give it, as the key is nested: write it into a file for --configfile"
    return f"; this is a text: write {mistake.value} without quotes" + (nested if len(path) > 1 else "")


def _changed(config: Mapping[str, Any], path: KeyPath, value: Any) -> Mapping[str, Any]:
    """Return a copy of a configuration with another value at a path, whose steps in lists are numbers."""
    changed = copy.deepcopy(dict(config))
    group: Any = changed
    for step in path[:-1]:
        group = group[int(step)] if isinstance(group, list) else group[step]
    group[int(path[-1]) if isinstance(group, list) else path[-1]] = value
    return changed


def _as_number(value: str, rule: Mapping[str, Any]) -> str:
    """Return how to write a number that YAML reads as a text, like 1e-3; or nothing."""
    try:
        number = Decimal(value).normalize()
    except InvalidOperation:
        return ""
    if not number.is_finite() or rule.get("type") not in ("number", "integer"):
        return ""
    mantissa, _, exponent = f"{number:e}".partition("e")
    scientific = f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"
    return f"; YAML reads {value} as a text: write {number:f}" + (
        f" or {scientific}" if rule["type"] == "number" else ""
    )
