"""What a person is told when a GPU cannot be used, in one line."""

import sys

import numpy as np
import pytest
import stand_in
from fake_device import FAKE, limited_memory

from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.settings.word2vec import Batches
from lexloom.training.batches import Windows
from lexloom.training.optimizers import SGD
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import ContextBatches
from lexloom.vectors.word2vec import CBOW


@pytest.fixture
def cupy():
    with stand_in.installed() as module:
        yield module


def refusal():
    with pytest.raises(LexloomError) as caught:
        get_backend("cuda")
    (line,) = str(caught.value).splitlines()
    return line


def test_without_cupy_the_extras_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert refusal().startswith("device cuda: CuPy is not installed; install the extra")


def test_cupy_that_cannot_be_loaded_is_told_from_none(monkeypatch, tmp_path):
    (tmp_path / "cupy.py").write_text("raise ImportError('libcudart.so.13: no such file\\nand more')")
    monkeypatch.syspath_prepend(tmp_path)
    assert refusal().startswith("device cuda: CuPy cannot be loaded (libcudart.so.13: no such file); install")


def test_cupy_for_a_later_cuda_than_the_driver_is_refused(cupy):
    cupy.cuda.runtime.driverGetVersion = lambda: 12080
    assert "CuPy is made for CUDA 13, but the driver is for CUDA 12; update the driver" in refusal()


def test_cupy_for_an_earlier_cuda_than_the_driver_is_accepted(cupy):
    cupy.cuda.runtime.runtimeGetVersion = lambda: 12090
    assert get_backend("cuda").name == "cuda: stand-in"


def test_without_a_gpu_the_cpu_is_named(cupy):
    def properties(number):
        raise stand_in.CUDARuntimeError("cudaErrorNoDevice: no CUDA-capable device is detected")

    cupy.cuda.runtime.getDeviceProperties = properties
    assert refusal() == (
        "device cuda: no usable GPU (cudaErrorNoDevice: no CUDA-capable device is detected); "
        "run with --device cpu"
    )


def test_a_missing_library_of_cuda_is_named(cupy):
    def version():
        raise RuntimeError('Failure finding "libnvrtc.so.13"\nand where it was looked for')

    cupy.cuda.nvrtc.getVersion = version
    assert 'a library of CUDA is missing (Failure finding "libnvrtc.so.13"); install the extra' in refusal()


def train(batch, memory):
    """Train a language model whose largest arrays have 5 x 8 x 4 bytes for each stream."""
    shape = {"cell": "rnn", "layers": 1, "embedding": 8, "hidden": 8, "tied": False, "dropout": 0.0}
    model = build_rnnlm(3, np.random.default_rng(1), FAKE, **shape)
    windows = Windows(np.arange(1000) % 3, batch, 5, before=0)
    with limited_memory(memory):
        Trainer(model, SGD(), 0.1).fit(1, lambda epoch: [windows[0]])
    return model


def test_the_batch_that_fits_in_memory_is_named_and_does_fit():
    with pytest.raises(LexloomError, match="out of memory with batch 64; 16 would fit"):
        train(64, 5 * 8 * 4 * 20)
    train(16, 5 * 8 * 4 * 20)


def test_that_no_batch_fits_in_memory_is_told():
    with pytest.raises(LexloomError, match="out of memory with batch 8; not even 1 fits; lower steps"):
        train(8, 10)


def test_word_vectors_that_do_not_fit_in_memory_are_told():
    ids = np.random.default_rng(0).integers(0, 9, 200).astype(np.int32)
    batches = ContextBatches(ids, np.bincount(ids), 2, Batches(batch=16, samples=3, block=4), seed=1)
    model = CBOW(9, 8, np.random.default_rng(1), FAKE)
    with limited_memory(100), pytest.raises(LexloomError, match="out of memory; lower dimension, max_vocab"):
        Trainer(model, SGD(), 0.1).fit(1, batches)
