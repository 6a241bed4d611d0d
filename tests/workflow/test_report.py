import pytest


@pytest.fixture(scope="module")
def report(workflow):
    workflow.snakemake("all", "seeds", "speeds", "--report", "report.html")
    return (workflow.folder / "report.html").read_text()


@pytest.mark.parametrize(
    "table",
    [
        "results/rnnlm_ppl.txt",
        "results/sample/ladder.txt",
        "results/sample/mixtures.txt",
        "results/sample/vectors.txt",
        "results/sample/rnnlm_seeds.txt",
        "results/sample/vectors_seeds.txt",
    ],
)
def test_a_table_is_shown_in_its_caption(workflow, report, table):
    first_line = (workflow.folder / table).read_text().splitlines()[0]
    assert first_line in report


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


def test_the_page_of_the_corpus_is_in_the_report(report):
    assert "results/sample/explorer.html" in report
    assert "data:text/html" in report


def test_a_word_is_text_on_the_page_also_if_it_looks_like_html(workflow, report):
    assert "<script>alert(1)</script>" in (workflow.folder / "results/sample/vectors.txt").read_text()
    assert "alert(1)" in report
    assert "<script>alert(1)" not in report
