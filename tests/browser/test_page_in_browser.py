"""The page of a corpus in a headless Chromium: what somebody who opens it finds there."""

import shutil
from dataclasses import asdict

import numpy as np
import pytest
from running import succeed
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.storage.artifact_writing import Provenance, write_artifact

HOSTILE = "<script>alert(1)</script>"
WORDS = ["<eos>", "cat", HOSTILE, "猫", "Größe", *(f"word{i}" for i in range(295))]
SIZES = {"desk": (1400, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Return the address of a page of 300 words, with two kinds of vectors and a language model."""
    folder = tmp_path_factory.mktemp("page")
    rng = np.random.default_rng(1)
    ids = rng.integers(0, len(WORDS), 3000).astype(np.int32)
    ids[::7] = 0
    texts = {"train": ids, "valid": ids[:300], "test": ids[300:900]}
    tokenizer = asdict(Tokenizer(sentence_end="<eos>"))
    counts = np.bincount(ids, minlength=len(WORDS))
    write_artifact(
        folder / "corpus.h5", "corpus", texts | {"words": WORDS, "counts": counts}, Provenance(tokenizer)
    )
    kinds = [folder / "svd.h5", folder / "cbow.h5"]
    for kind in kinds:
        rows = rng.normal(size=(len(WORDS), 8)).astype(np.float32)
        vectors = {"vectors": rows, "words": WORDS, "losses": np.array([3.0, 2.5, 2.2])}
        write_artifact(kind, "vectors", vectors, Provenance({"tokenizer": tokenizer}))
    corpus, output = folder / "corpus.h5", folder / "page.html"
    succeed("train_ngram", corpus, "--order", 2, "--output", folder / "n.h5")
    succeed("evaluate_perplexity", folder / "n.h5", corpus, "--output", folder / "p.h5")
    succeed(
        "explorer", *kinds, "--corpus", corpus, "--name", "own", "--trained", kinds[1],
        "--model", "ngram", folder / "p.h5", "--model", "twice", folder / "p.h5", "--output", output,
    )  # fmt: skip
    return output.as_uri()


@pytest.fixture(scope="module")
def chromium():
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = shutil.which("chromedriver")  # without its path, Selenium looks for one on the network
    assert driver, "no chromedriver; install the packages chromium and chromium-driver"
    service = webdriver.ChromeService(driver)
    with webdriver.Chrome(options=options, service=service) as driver:
        yield driver


@pytest.fixture(params=SIZES)
def browser(request, chromium, page):
    """The browser with the page open, on a desk and on a phone; in the end, it has logged nothing."""
    width, height = SIZES[request.param]
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": request.param == "phone"}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    chromium.get(page)
    yield chromium
    assert chromium.get_log("browser") == []


def one(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def texts(browser, selector):
    return [each.text for each in browser.find_elements(By.CSS_SELECTOR, selector)]


def search(browser, typed):
    field = one(browser, "#word")
    field.clear()
    field.send_keys(typed, Keys.ENTER)
    return one(browser, ".neighbours h3").text


def test_a_word_that_is_searched_is_on_the_map_with_its_neighbours_by_each_kind(browser):
    assert search(browser, "word42") == "word42"
    assert "times in train" in one(browser, ".neighbours .note").text
    assert texts(browser, ".lists h4") == ["svd", "cbow"]
    neighbours = [texts(browser, f"[data-kind={kind}] li > :first-child") for kind in ("svd", "cbow")]
    assert [len(each) for each in neighbours] == [10, 10]
    assert neighbours[0] != neighbours[1]
    WebDriverWait(browser, 5).until(lambda _: texts(browser, ".labels text.chosen") == ["word42"])
    one(browser, "[data-kind=cbow] button").click()
    assert one(browser, ".neighbours h3").text == neighbours[1][0]


def test_a_word_of_the_map_that_is_clicked_is_chosen(browser):
    def click_a_label(_):
        label = one(browser, ".labels text:not(.chosen):not(.near)")
        word = label.text
        browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", label)
        label.click()
        return word

    word = WebDriverWait(browser, 5, ignored_exceptions=(Exception,)).until(click_a_label)
    assert one(browser, ".neighbours h3").text == word


@pytest.mark.parametrize("word", [HOSTILE, "猫", "Größe"])
def test_any_word_is_text(browser, word):
    assert search(browser, word) == word
    assert browser.execute_script("return document.querySelectorAll('script').length") == 2


def test_search_ignores_case_and_marks_and_says_what_is_not_there(browser):
    assert search(browser, "GROSSE") != "Größe"
    assert search(browser, "großE") == "Größe"
    field = one(browser, "#word")
    field.clear()
    field.send_keys("xyz")
    assert one(browser, ".suggestions").text == "no such word on the map"


def test_the_map_zooms_and_shows_more_words(browser):
    figure = one(browser, "#words .figure")
    browser.execute_script("arguments[0].scrollIntoView()", figure)
    before = WebDriverWait(browser, 5).until(lambda _: texts(browser, "#words circle[cx]") and place(browser))
    one(browser, "#words .zoom button").click()
    WebDriverWait(browser, 5).until(lambda _: place(browser) != before)


def place(browser):
    return browser.execute_script("return document.querySelector('#words circle').getAttribute('cx')")


def test_sentences_with_typed_words_come_first_coloured_under_each_model(browser):
    sentences = texts(browser, "article .line:first-child p")
    word = sentences[0].split()[0]
    one(browser, "#line").send_keys(word)
    assert all(word in each.split() for each in texts(browser, "article .line:first-child p")[:1])
    assert texts(browser, "article:first-of-type .model")[0].startswith("ngram")
    colours = browser.execute_script(
        "return [...document.querySelectorAll('article .word')].map((word) => word.style.background)"
    )
    assert len(set(colours)) > 1


def test_a_table_is_sorted_by_the_column_that_is_clicked(browser):
    heads = browser.find_elements(By.CSS_SELECTOR, "[aria-label='Language models'] thead button")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", heads[0])
    rows = []
    for _ in range(2):
        heads[0].click()
        rows.append(texts(browser, "[aria-label='Language models'] tbody th"))
    assert rows == [["twice", "ngram"], ["ngram", "twice"]]


def test_curves_say_their_values_where_the_pointer_is(browser):
    chart = one(browser, ".chart")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    webdriver.ActionChains(browser).move_to_element(chart).perform()
    WebDriverWait(browser, 5).until(lambda _: "epoch 2" in one(browser, ".tip").text)
    assert "cbow 2.5" in " ".join(one(browser, ".tip").text.split())


def test_nothing_is_wider_than_the_window(browser):
    wide, window = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window
