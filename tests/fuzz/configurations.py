"""Damaged configurations: what is read can be planned, or each mistake is a line that names its key."""

import json
import shlex
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import engine
import hostile
import yaml
from hypothesis import strategies as st
from library.configuration import read_configuration
from library.configuration_files import check_files
from library.language_models import LanguageModels
from library.options import Options
from library.reports import all_reports
from library.texts import Texts
from library.word_vectors import WordVectors
from programs import controls
from running import program
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

from lexloom.settings.adaptation import Cache, Dynamic
from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from lexloom.settings.contexts import Contexts
from lexloom.settings.counts import Counting
from lexloom.settings.ppmi import Ppmi
from lexloom.settings.rnnlm import Rnnlm
from lexloom.settings.svd import Svd
from lexloom.settings.tokenize import Tokenize
from lexloom.settings.word2vec import Word2vec

NOVELS = {
    "source": "files",
    "files": "texts/*.txt",
    "tokenize": {"pattern": r"\w+|[^\w\s]", "lower": True, "max_vocab": 10000},
    "vectors": ["cbow"],
    "models": ["lstm"],
    "queries": ["house", "she"],
}
SCRIPTS_OF_SETTINGS = (
    *("tokenize_corpus", "count_cooccurrences", "weight_ppmi", "factorize_svd", "evaluate_vectors"),
    *("create_contexts", "train_word2vec", "train_rnnlm", "train_ngram", "adapt_rnnlm"),
)

FILES = ["one.txt", "two.txt", "-x.txt", "note {1}.txt", "a [draft].txt", "b;touch PWNED;.txt", "c\nd.txt"]
"""The texts in the folder of the corpus."""

SNIPPETS = [
    b"&a [*a]",
    b"*a",
    b"&a ",
    b"a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\n"
    b"c: &c [*b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c]\ncorpus: [*d, *d, *d, *d, *d]\n",
    b"<<: ",
    b"!!python/object/apply:os.system ['touch PWNED']",
    b"!!binary ",
    b"!!timestamp 2024-99-99",
    b"!!set {a, b}",
    b"? ",
    b"- ",
    b"\n---\n",
    b"\n...\n",
    b"%YAML 1.1\n",
    b"\t",
    b": ",
    b"#",
    b"'",
    b'"',
    b"{",
    b"]",
    b"|\n",
    b">-\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xe9",
    b'"\\ud800"',
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"1" * 400,
    b"1e999999999",
    b"0o7",
    b"1_000",
    b"12:30:45",
    b"no",
    b"? [a, b]\n: c\n",
    b"[" * 500,
    b"{a: " * 500,
    b"\n" * 50,
]
"""What YAML gives a meaning, or cannot read."""


def small() -> dict[str, Any]:
    """Return config/config.yaml with few entries of each kind, and a corpus of a person's own."""
    file = yaml.safe_load((engine.ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    file = json.loads(json.dumps(file))  # without what several keys share
    own = {"vectors": ["cbow"], "models": ["lstm"], "adapt": ["lstm"]}
    file["corpora"] = {"novels": NOVELS} | {name: file["corpora"][name] | own for name in ("ptb", "sample")}
    file["corpus"] = "novels"
    for key, name in (("word2vec", "cbow"), ("rnnlm", "lstm")):
        file[key]["models"] = {name: file[key]["models"][name]}
        file[key]["grids"] = {name: {"epochs": [1, 2]}}
    sets = file["evaluation"]["sets"]
    file["evaluation"]["sets"] = {name: sets[name] for name in ("men", "analogies")}
    return file | {group: {"ptb": {"lstm": 90.5, "ngram": 141}} for group in ("published", "expected")}


def paths(values: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yield the path of each key and place."""
    below = (
        values.items()
        if isinstance(values, Mapping)
        else enumerate(values if isinstance(values, list) else ())
    )
    for key, value in below:
        yield (*path, key)
        yield from paths(value, (*path, key))


BASE = small()
PATHS = sorted(paths(BASE), key=lambda path: (len(path), str(path)))
PLACES = st.sampled_from(PATHS)


@dataclass(frozen=True)
class Change:
    """One change of the values: `what` happens to the key at a path."""

    what: str
    path: tuple
    value: Any = None

    def apply(self, values: Any) -> None:
        """Change the values, if the path is still there."""
        try:
            for step in self.path[:-1]:
                values = values[step]
            self._change(values, self.path[-1])
        except (KeyError, IndexError, TypeError, AttributeError):
            pass  # an earlier change took it away

    def _change(self, group: Any, key: Any) -> None:
        if self.what == "set":
            group[key] = self.value
        elif self.what == "delete":
            del group[key]
        elif self.what == "rename":
            group[self.value] = group.pop(key)
        elif self.what == "add":
            group[key][self.value[0]] = self.value[1]
        elif self.what == "copy":
            group[key] = deepcopy(at(BASE, self.value))
        elif self.what == "twice":
            group[key] = [group[key], group[key]]


def at(values: Any, path: tuple) -> Any:
    """Return the value at a path."""
    for step in path:
        values = values[step]
    return values


CHANGES = st.one_of(
    st.builds(Change, st.just("set"), PLACES, hostile.VALUES),
    st.builds(Change, st.just("delete"), PLACES),
    st.builds(Change, st.just("rename"), PLACES, hostile.SCALARS),
    st.builds(Change, st.just("add"), PLACES, st.tuples(hostile.SCALARS, hostile.VALUES)),
    st.builds(Change, st.just("copy"), PLACES, PLACES),
    st.builds(Change, st.just("twice"), PLACES),
)


@dataclass(frozen=True)
class Cut:
    """One change of the text: some bytes at a place, given in thousandths of the text, are replaced."""

    place: int
    removed: int
    added: bytes

    def apply(self, text: bytes) -> bytes:
        """Return the changed text."""
        start = len(text) * self.place // 1000
        return text[:start] + self.added + text[start + self.removed :]


CUTS = st.builds(
    Cut, st.integers(0, 1000), st.integers(0, 12), st.sampled_from(SNIPPETS) | st.binary(max_size=3)
)


@dataclass(frozen=True)
class Damaged:
    """The configuration with some changes."""

    changes: list[Change]
    cuts: list[Cut]

    def text(self) -> bytes:
        """Return the YAML file."""
        values = deepcopy(BASE)
        for change in self.changes:
            change.apply(values)
        try:
            text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True).encode(
                "utf-8", "surrogatepass"
            )
        except yaml.YAMLError:  # a value that this changes into what YAML has no form for
            text = repr(values).encode("utf-8", "surrogatepass")
        for cut in self.cuts:
            text = cut.apply(text)
        return text


def check(damaged: Damaged) -> str:
    """Read a damaged configuration as Snakemake does, and plan its jobs."""
    folder = Path("texts")
    folder.mkdir()
    for name in FILES:
        (folder / name).write_text("a text\n")
    Path("c.yaml").write_bytes(damaged.text())
    try:
        check_files(["c.yaml"])
        configuration = read_configuration(load_configfile("c.yaml"))
    except WorkflowError as error:
        check_message(str(error))
        return "refused"
    plan(configuration)
    return "planned"


def check_message(message: str) -> None:
    """Raise an error unless each mistake is a line that begins with its key, and a terminal can show it."""
    assert not controls(message), f"control characters: {message!r}"
    assert len(message) < 20_000, f"{len(message)} characters"
    if not message.startswith("the configuration has mistakes:\n"):
        assert message.count("\n") <= 1, f"several lines: {message!r}"
        return
    for line in message.splitlines()[1:-1]:
        assert line.startswith("  "), f"a line without key: {line!r}"
        assert ": " in line, f"a line without key: {line!r}"


def plan(configuration: Configuration) -> None:
    """Plan all files and options; what a script reads on its command line is what was configured."""
    texts, options = Texts(configuration), Options(configuration)
    vectors, models = WordVectors(configuration, texts), LanguageModels(configuration)
    try:
        texts.downloads()
    except WorkflowError as error:
        check_message(str(error))
    for corpus in configuration.corpora:
        try:
            files = texts.files(corpus)
            assert all(files.values())
            texts.inputs(corpus)
        except WorkflowError as error:
            check_message(str(error))
            continue
        check_options(configuration, corpus, texts, options)
        parsed = parse("evaluate_vectors", vectors.evaluation(corpus), "in.h5")
        assert parsed.queries == configuration.corpora[corpus].queries
        assert parsed.neighbours == configuration.evaluation.neighbours
        for report in all_reports(texts, vectors, models).values():
            model = configuration.corpora[corpus].models[0]
            for kind in ("rnnlm", "vectors"):
                wildcards = {"corpus": corpus, "method": "svd", "model": model, "kind": kind}
                used = {name: value for name, value in wildcards.items() if f"{{{name}}}" in report.output}
                shlex.split(report.options(used))


def check_options(configuration: Configuration, corpus: str, texts: Texts, options: Options) -> None:
    """Compare the settings of each script with what its parser makes of the planned options."""

    class Wildcards:
        pass

    Wildcards.corpus = corpus
    line = texts.tokenization(corpus)
    tokenize, read = configuration.own("tokenize", corpus), Tokenize.of(parse("tokenize_corpus", line))
    assert read == (tokenize if "--split" in line else tokenize.model_copy(update={"split": read.split}))
    for script, key, group in (
        ("count_cooccurrences", "counts", Counting),
        ("weight_ppmi", "ppmi", Ppmi),
        ("factorize_svd", "svd", Svd),
        ("create_contexts", "contexts", Contexts),
    ):
        own = configuration.own(key, corpus)
        assert group.of(parse(script, options.own(key, group)(Wildcards), "in.h5")) == own.part(group)
    for script, group, entries in (
        ("train_word2vec", Word2vec, configuration.word2vec.models),
        ("train_rnnlm", Rnnlm, configuration.rnnlm.models),
    ):
        for settings in entries.values():
            parsed = parse(script, options.seeded(settings), "in.h5")
            assert group.of(parsed) == settings.part(group)
            assert parsed.seed == configuration.seed
    assert parse("train_ngram", as_options(configuration.ngram), "in.h5").order == configuration.ngram.order
    for method, group in (("cache", Cache), ("dynamic", Dynamic)):
        line = LanguageModels(configuration).adaptation(method)
        settings = getattr(configuration.rnnlm.adaptation, method)
        assert group.of(parse("adapt_rnnlm", line, "m.h5", "c.h5")) == settings


def parse(script: str, line: str, *files: str) -> Any:
    """Return what a script reads in a part of its command line."""
    parser, _ = program(script)
    return parser.parse_args(["--output", "out.h5", *shlex.split(line), *(["--", *files] if files else [])])


def prepare() -> None:
    """Load the scripts whose command lines are planned."""
    for name in SCRIPTS_OF_SETTINGS:
        program(name)
    load_configfile(engine.ROOT / "config/config.yaml")  # imports what reads YAML


SUBJECT = engine.Subject(
    "configurations",
    st.builds(
        Damaged,
        st.lists(CHANGES, max_size=3),
        st.just([]) | st.lists(CUTS, max_size=2),
    ),
    check,
    prepare,
    share=2,
    limit=20,
)
