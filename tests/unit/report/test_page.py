"""The page as a file: words stay text, the policy names its script, and nothing comes from a network."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lexloom.report.page import write_page

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "]]>",
    "{{script}}",
    r"\u003c",
    "\"&lt;'\\",
    "\u2028\u0000\x7f",
    "猫 кот קוֹל",
]


class Parsed(HTMLParser):
    """What a browser makes of a page: its elements, and the text of each kind of element."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.attributes = [], {}, {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes.setdefault(tag, []).append(dict(attributes))

    def handle_data(self, data):
        if self.elements:
            self.texts.setdefault(f"{self.elements[-1]} {len(self.elements)}", []).append(data)

    def text_of(self, number):
        """Return the text in the element with this number from the end."""
        place = len(self.elements) + 1 - number
        return "".join(self.texts.get(f"{self.elements[place - 1]} {place}", []))


def page_of(folder, title="sample", **data):
    write_page(folder / "page.html", title, data)
    return (folder / "page.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@given(title=st.text(min_size=1), words=st.lists(st.text()))
@example(title=HOSTILE[0], words=HOSTILE)
@example(title=HOSTILE[1], words=[])
@example(title=HOSTILE[4], words=[])
def test_words_are_data_and_never_elements(folder, title, words):
    title = re.sub(r"[\x00\r\ud800-\udfff]", "", title)
    words = [word.encode(errors="replace").decode() for word in words]
    plain, page = Parsed(page_of(folder)), Parsed(page_of(folder, title, vocabulary=words))
    assert page.elements == plain.elements
    assert page.attributes == plain.attributes
    assert json.loads(page.text_of(2))["vocabulary"] == words
    assert page.text_of(1) == plain.text_of(1)


def test_the_policy_lets_this_script_and_style_run_and_loads_nothing(folder):
    page = page_of(folder)
    policy = next(each["content"] for each in Parsed(page).attributes["meta"] if "http-equiv" in each)
    parts = [re.search(f"<{name}>(.*)</{name}>", page, re.DOTALL)[1] for name in ("style", "script")]
    digests = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in parts
    ]
    assert policy == f"default-src 'none'; style-src {digests[0]}; script-src {digests[1]}"


def test_the_page_names_no_other_file(folder):
    page = page_of(folder)
    assert not re.search(
        r"\b(src|href)=|@import|url\(", re.sub("<script>.*</script>", "", page, flags=re.DOTALL)
    )
    assert set(re.findall(r"https?://[^\"']*", page)) == {"http://www.w3.org/2000/svg"}
    assert "innerHTML" not in page


def test_the_same_data_are_the_same_bytes(folder):
    assert page_of(folder, vocabulary=["a"]) == page_of(folder, vocabulary=["a"])


def test_a_number_that_is_not_finite_is_not_written(folder):
    with pytest.raises(ValueError, match="not JSON compliant"):
        page_of(folder, vocabulary=[float("nan")])
