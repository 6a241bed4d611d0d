"""What an update costs on a device beside its arithmetic: launches of kernels, copies, and waiting for it."""

import numpy as np
import pytest
import stand_in
from cuda_on_host import COMPILER
from fake_device import counted

from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.settings.word2vec import Batches
from lexloom.training.batches import Windows
from lexloom.training.optimizers import SGD
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import ContextBatches
from lexloom.vectors.word2vec import CBOW, FusedNegativeSampling, SkipGram

STEPS, LAYERS = 35, 2
IDS = np.random.default_rng(0).integers(0, 50, 3000).astype(np.int32)

pytestmark = pytest.mark.skipif(
    COMPILER is None, reason="needs g++ or clang++ to compile CUDA C++ for the host"
)


@pytest.fixture
def cuda():
    with stand_in.installed():
        yield get_backend("cuda")


def cost_of_an_update(trainer, batches):
    """Return what one more update costs, once all is compiled."""
    costs = []
    for updates in (1, 2, 3):
        with counted() as cost:
            trainer.fit(1, lambda epoch, updates=updates: [batches[place] for place in range(updates)])
        costs.append(cost)
    return {what: costs[2][what] - costs[1][what] for what in costs[2]}


def language_model(cuda, cell, **settings):
    rng = np.random.default_rng(1)
    shape = {"layers": LAYERS, "embedding": 16, "hidden": 16, "tied": False, "dropout": 0.0} | settings
    model = build_rnnlm(50, rng, cuda, cell=cell, **shape)
    trainer = Trainer(model, SGD(), 0.1, clip=0.25, rng=np.random.default_rng(2))
    return cost_of_an_update(trainer, Windows(IDS, 4, STEPS, before=0))


@pytest.mark.parametrize(("cell", "launches"), [("rnn", 162), ("lstm", 166)])
def test_an_update_of_a_language_model_never_waits_nor_launches_each_step(cuda, cell, launches):
    cost = language_model(cuda, cell)
    assert cost == {"launches": launches, "uploads": 2, "waits": 0}  # words and targets


def test_an_update_with_sampled_words_waits_once(cuda):
    assert language_model(cuda, "rnn", tied=True, inclusion=np.full(50, 0.3))["waits"] == 1


@pytest.mark.parametrize("kind", [CBOW, SkipGram])
def test_an_update_of_word_vectors_never_waits(cuda, kind):
    batches = ContextBatches(
        IDS, np.bincount(IDS), 2, Batches(dynamic=True, batch=64, samples=8, block=16), seed=1
    )
    model = FusedNegativeSampling(kind(50, 16, np.random.default_rng(1), cuda))
    cost = cost_of_an_update(Trainer(model, SGD(), 0.5), batches(0))
    assert cost == {"launches": 21, "uploads": 3, "waits": 0}
