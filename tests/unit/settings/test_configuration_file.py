"""config/config.yaml and the classes of settings say the same."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from lexloom.errors import LexloomError
from lexloom.settings.configuration import Configuration
from lexloom.settings.mistakes import below, resolved, schema_of
from lexloom.settings.reference import FORMATS

ROOT = Path(__file__).parents[3]
PATH = ROOT / "config/config.yaml"
FILE = yaml.safe_load(PATH.read_text())
NAMED = ("corpora", "word2vec", "rnnlm", "gensim", "published", "expected", "evaluation", "sweep")
"""Groups whose values are choices of the file, not defaults."""


def groups(values=FILE, model=Configuration, path=()):
    """Yield the path, the values and the class of each group that the file spells out."""
    yield path, values, model
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel) and name in values:
            yield from groups(values[name], kind, (*path, name))


GROUPS = {".".join(path): (values, model) for path, values, model in groups()}
MODELS = {
    "word2vec.models.cbow": FILE["word2vec"]["models"]["cbow"],
    "rnnlm.models.lstm": FILE["rnnlm"]["models"]["lstm"],
}


@pytest.mark.parametrize("path", GROUPS)
def test_each_setting_has_a_line_in_the_file(path):
    values, model = GROUPS[path]
    assert set(values) == set(model.model_fields)


@pytest.mark.parametrize("path", MODELS)
def test_the_first_model_spells_out_each_setting(path):
    kind, _, _ = path.partition(".")
    entries = Configuration.model_fields[kind].annotation.model_fields["models"].annotation
    model = entries.__args__[1]
    assert set(MODELS[path]) == set(model.model_fields)


@pytest.mark.parametrize("name", sorted(set(FILE) - set(NAMED)))
def test_the_file_has_the_defaults_of_the_classes(name):
    field = Configuration.model_fields[name]
    if isinstance(FILE[name], dict):
        assert field.annotation(**FILE[name]) == field.default
    elif name != "threads":  # a script has one, so that it shares the machine when called by hand
        assert FILE[name] == field.default or field.is_required()


def keys(node, rule):
    """Yield class, name and line of each key that is not a name of choice, in the order of the file."""
    if not isinstance(node, yaml.MappingNode):
        return
    rule = resolved(rule, SCHEMA)
    targets = rule.get("discriminator", {}).get("mapping", {}).values()
    kinds = [resolved({"$ref": target}, SCHEMA) for target in targets] or [rule]
    for key, value in node.value:
        for kind in kinds:
            found = below(kind, key.value)
            if found is not None:
                if "properties" in kind:
                    yield (kind["title"], key.value), key.start_mark.line
                yield from keys(value, found)
                break


SCHEMA = schema_of(Configuration)


def test_each_key_has_a_comment_where_it_first_occurs():
    lines = PATH.read_text().splitlines()
    first = {}
    for key, line in keys(yaml.compose(PATH.read_text()), SCHEMA):
        first.setdefault(key, line)
    assert len(first) > 100
    for key, n in first.items():
        assert "#" in lines[n] or lines[n - 1].lstrip().startswith("#"), key


def paths(values, path=()):
    """Yield the path of each key of the file."""
    for key, value in values.items():
        yield (*path, key)
        yield from paths(value, (*path, key)) if isinstance(value, dict) else ()


def test_each_key_of_the_file_is_explained():
    for path in paths(FILE):
        heads = (".".join(path), f"  {path[-1]}: ")
        assert any(line.startswith(heads) for line in FORMATS["text"](".".join(path))), path


def test_files_of_a_corpus_are_explained_for_every_kind_of_corpus():
    text = "\n".join(FORMATS["text"]("corpora.mine.files.train"))
    assert "train: a path or glob" in text
    assert "sha256" in text


@pytest.mark.parametrize("path", ["nix", "svd.nix", "svd.dimension.nix", "corpora.ptb.nix"])
def test_an_unknown_key_is_refused(path):
    for form in FORMATS:
        with pytest.raises(LexloomError, match=path):
            FORMATS[form](path)


@pytest.mark.parametrize(
    ("form", "path"), [("schema", "config/config.schema.json"), ("markdown", "docs/reference/settings.md")]
)
def test_what_is_written_from_the_classes_is_up_to_date(form, path):
    assert (ROOT / path).read_text() == "\n".join(FORMATS[form]("")) + "\n", "run `make settings`"


def test_the_schema_is_one_and_the_file_fits():
    schema = json.loads((ROOT / "config/config.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(FILE)) == []
    wrong = FILE | {"ppmi": {"smoothing": 2.0}}
    assert list(Draft202012Validator(schema).iter_errors(wrong))


def test_the_file_names_its_schema():
    assert re.match(r"# yaml-language-server: \$schema=config\.schema\.json\n", PATH.read_text())
