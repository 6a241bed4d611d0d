"""Words of every script stay whole, in every normal form, and nothing that can be read is lost."""

import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.word_pattern import compiled

FORMS = ["NFC", "NFD", "NFKC", "NFKD"]
WHOLE_WORDS = {
    "Hindi": "चिड़िया पेड़ पर बैठी है",
    "Tamil": "பூனை பால் குடிக்கிறது",
    "Bengali": "বিড়াল দুধ খায়",
    "Thai": "เด็กอ่านหนังสือ น้ำ",
    "Burmese": "မြန်မာဘာသာ",
    "Khmer": "ភាសាខ្មែរ",
    "Malayalam": "അവന്‍ മലയാളം",
    "Tibetan": "བོད",
    "Persian": "من نمی‌خواهم کتاب‌ها",
    "Arabic": "كِتَابٌ مُفِيدٌ",
    "Hebrew": "הֶחָתוּל יָשֵׁן צה״ל",
    "Yoruba": "ọ̀rẹ́ fẹ́",
    "Turkish": "İki İzmir ılık",
    "Vietnamese": "Tiếng Việt",
    "Armenian": "Ինչո՞ւ",
    "Catalan": "paral·lel",
    "English": "don't rock’n’roll co\xadoperate x_y",
    "Japanese": "古い が が\u3099 ジョン",
    "digits": "१२३ ٤٥٦ 1️⃣",
    "emoji": "👩‍💻 👍🏽 🇩🇪 ☺️ 👨‍👩‍👧 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
}


def cut(tokenizer, text):
    return [word for line in tokenizer.tidy(text).split("\n") for word in tokenizer.tokens(line)]


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("form", [None, *FORMS])
@pytest.mark.parametrize("script", WHOLE_WORDS)
def test_words_of_every_script_stay_whole(script, form, lower):
    tokenizer = Tokenizer("words", lower=lower, normalize=form)
    for typed in (WHOLE_WORDS[script], unicodedata.normalize("NFD", WHOLE_WORDS[script])):
        assert cut(tokenizer, typed) == tokenizer.tidy(typed).split()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("'Stop!' he said.", ["'", "Stop", "!", "'", "he", "said", "."]),
        ("the dogs' 3.5\xa0km", ["the", "dogs", "'", "3", ".", "5", "km"]),
        ("🇩🇪🇫🇷👍🏽👍", ["🇩🇪", "🇫🇷", "👍🏽", "👍"]),
        ("a\ufeffb \u200ec\u200f d\u200be", ["a", "b", "c", "d", "e"]),
        ("\x1b[1m", ["[", "1m"]),
        ("x \u0301", ["x", "\u0301"]),
    ],
)
def test_what_is_between_words_is_apart_or_left_out(text, tokens):
    assert cut(Tokenizer("words"), text) == tokens


texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from("aA'’ \n\u0301\u200c\u200d\ufeff\xad्িİΣ👍🏽🇩🇪"),
    ),
    max_size=20,
)
ANY = [
    Tokenizer(*each)
    for each in [("words",), ("words", True), ("words", True, "NFKC"), ("words", False, "NFD")]
]


@pytest.mark.parametrize("tokenizer", ANY)
@given(text=texts)
def test_tokens_have_no_spaces_and_lose_no_letters_and_are_cut_no_further(tokenizer, text):
    tokens = cut(tokenizer, text)
    assert not re.search(r"\s|\ufeff|\u200b", "".join(tokens))
    kept = [c for c in tokenizer.tidy(text) if unicodedata.category(c)[0] not in "CZ"]
    assert [c for c in "".join(tokens) if unicodedata.category(c)[0] not in "CZ"] == kept
    for token in tokens:
        assert cut(tokenizer, token) == [token]


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("form", FORMS)
@given(text=texts)
@example(text="T\u0308")  # has no composed form, but its lower case has
def test_case_and_normal_form_do_not_depend_on_how_a_text_is_encoded(form, lower, text):
    tidy = Tokenizer(lower=lower, normalize=form).tidy
    assert tidy(tidy(text)) == tidy(text)
    assert tidy(unicodedata.normalize("NFD", text)) == tidy(unicodedata.normalize("NFC", text)) == tidy(text)


@given(st.text("ab c'", max_size=12), st.sampled_from([".", r"\w+|\W", r"\w+|\s|\S"]))
def test_words_that_have_their_spaces_are_joined_to_the_text_that_they_were_cut_from(text, pattern):
    tokenizer = Tokenizer(pattern)
    assert tokenizer.joined(tokenizer.tokens(text)) == text


@pytest.mark.parametrize("pattern", [None, "words", r"\w+", r"\S"])
def test_other_words_are_joined_with_spaces(pattern):
    assert Tokenizer(pattern).joined(["a", "b"]) == "a b"


def test_no_plane_of_unicode_is_forgotten():
    letter_with = {chr(code): "a" + chr(code) for code in range(sys.maxunicode + 1)}
    marks = (text for mark, text in letter_with.items() if unicodedata.category(mark)[0] == "M")
    assert all(compiled("words").fullmatch(text) for text in marks)


def test_a_sentence_end_is_spelled_as_it_is():
    spelled = Tokenizer(lower=True, sentence_end="<EOS>").spelled
    assert [spelled("<EOS>"), spelled("The")] == ["<EOS>", "the"]
