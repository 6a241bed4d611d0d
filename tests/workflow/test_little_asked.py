"""A corpus of which little is asked, under a name in any script, gets tables and figures of what there is."""

import copy
import re

import pytest

NAME = "吾輩は猫である"


@pytest.fixture
def little(unmade):
    """A plan of a corpus without test sets and queries, whose further keys a test sets."""
    saved = copy.deepcopy(unmade.config)
    own = unmade.config["corpora"].pop("own")
    unmade.config["corpora"][NAME] = {key: own[key] for key in ("source", "files", "vectors", "models")}
    unmade.config["corpus"] = NAME

    def made(**keys):
        unmade.config["corpora"][NAME] |= keys
        unmade.write_config()
        plan = unmade.snakemake("--dry-run", "all", "seeds").stdout
        files = [file for line in re.findall(r"^Job \d+: \w+: (.*)$", plan, re.M) for file in line.split()]
        return {file.removeprefix(f"results/{NAME}/") for file in files}

    yield made
    unmade.config = saved
    unmade.write_config()


def test_without_language_models_there_are_vectors_and_n_grams(little):
    made = little(models=[])
    assert {"vectors.txt", "ladder.txt", "mixtures.txt", "cbow.h5", "figures/training_curves.png"} <= made
    assert not {"results/rnnlm_ppl.txt", "rnnlm_seeds.txt", "figures/perplexity.png"} & made
    assert not any("rnnlm/" in path for path in made)


def test_without_learned_vectors_there_are_counted_ones_and_models(little):
    made = little(vectors=[])
    assert {"results/rnnlm_ppl.txt", "vectors.txt", "svd.h5", "figures/words_svd.png"} <= made
    assert not {"cbow.h5", "figures/training_curves.png", "vectors_seeds.txt"} & made


def test_test_sets_are_downloaded_where_a_corpus_names_them(little):
    assert not any(path.startswith("data/eval/") for path in little())
    assert "data/eval/men.txt" in little(evaluate=["men"])
