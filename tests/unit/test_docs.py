"""The pages lead where they say: links, anchors, and the paths of files that they name."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
EXAMPLE = re.compile(r"^```yaml\n(corpus: novels\n.*?)^```$", re.M | re.S)
PATH = re.compile(r"`((?:src|scripts|workflow|config|tests|benchmarks)/[\w./*-]*)`")


def name_of(page):
    return str(page.relative_to(ROOT))


def prose(page):
    """Return the text of a page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page):
    """Return the anchors of the headings of a page, as GitHub and MkDocs both name them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in words}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(page):
    for link in LINK.findall(re.sub(r"`[^`\n]+`", "", prose(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading in {name_of(target)}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_and_folder_named_is_there(page):
    for path in PATH.findall(prose(page)):
        assert list(ROOT.glob(path.rstrip("/"))), f"{path}: no such file or folder"


def test_every_page_is_in_the_navigation_once():
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    entries = sorted(re.findall(r"[\w./-]+\.md$", text, re.M))
    assert entries == sorted(str(page.relative_to(ROOT / "docs")) for page in PAGES[1:])


def test_the_example_of_a_corpus_is_the_same_on_each_page():
    texts = [(ROOT / page).read_text() for page in ("README.md", "docs/tutorials/your-own-text.md")]
    first, second = (EXAMPLE.search(text)[1] for text in texts)
    assert yaml.safe_load(first) == yaml.safe_load(second)
