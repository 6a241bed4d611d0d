import base64
import json
import re

import pytest


@pytest.fixture(scope="module")
def report(workflow):
    workflow.snakemake("all", "seeds", "speeds", "--report", "report.html")
    return (workflow.folder / "report.html").read_text()


@pytest.fixture(scope="module")
def results(report):
    """Return what the report says of each result, by its path."""
    found = re.search(r"var results = (\{.*?\});\n", report)
    return json.loads(found[1])


@pytest.mark.parametrize(
    "table",
    [
        "results/rnnlm_ppl",
        "results/sample/ladder",
        "results/sample/mixtures",
        "results/sample/vectors",
        "results/sample/rnnlm_seeds",
        "results/sample/vectors_seeds",
    ],
)
def test_a_table_opens_as_a_page_that_has_its_numbers(workflow, results, table):
    opened = results[f"{table}.html"]
    assert opened["mime_type"] == "text/html"
    assert f"{table}.txt" not in results
    page = base64.b64decode(opened["data_uri"].partition("base64,")[2])
    assert page == (workflow.folder / f"{table}.html").read_bytes()
    head, row, *_ = (workflow.folder / f"{table}.txt").read_text().splitlines()
    data = json.loads(re.search('id="data">(.*?)</script>', page.decode(), re.DOTALL)[1])
    shown = data["tables"][0]
    assert [column["name"] for column in shown["columns"]] == head.split()
    assert shown["rows"][0][0] == row.split()[0]


@pytest.mark.parametrize(
    ("figure", "caption"),
    [
        ("training_curves.png", "Mean negative-sampling loss of CBOW and skip-gram"),
        ("perplexity.png", "the perplexity of the grammar that generated the corpus"),
        ("perplexity_bands.png", "by how often the predicted word occurs in"),
        ("rnnlm_training.png", "Each language model during training on sample"),
        ("rnnlm_speed_tiny.png", "How many tokens per second tiny read while it trained on sample"),
        (
            "gradient_lags.png",
            "How much the loss of a word depends on the state of the network some words earlier",
        ),
        ("words_svd.png", "The most frequent words of sample in the plane"),
        ("words_cbow.png", "cbow vectors, scaled to length one"),
        ("words_skipgram.png", "skipgram vectors, scaled to length one"),
        ("ppmi.png", "Positive pointwise mutual information of the most frequent words of sample"),
    ],
)
def test_a_figure_is_shown_with_its_caption(report, figure, caption):
    assert f"results/sample/figures/{figure}" in report
    assert caption in " ".join(report.replace("\\n", " ").split())


def test_the_page_of_the_corpus_is_in_the_report(results):
    page = results["results/sample/explorer.html"]
    assert page["mime_type"] == "text/html"
    assert "can be searched and zoomed" in page["caption"]


@pytest.mark.parametrize("page", ["vectors", "explorer"])
def test_a_word_is_text_on_a_page_also_if_it_looks_like_html(workflow, report, page):
    assert "<script>alert(1)</script>" in (workflow.folder / "results/sample/vectors.txt").read_text()
    shown = (workflow.folder / f"results/sample/{page}.html").read_text()
    assert "<script>alert(1)" not in shown + report
