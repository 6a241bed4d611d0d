"""A real CUDA device agrees with the CPU; run with `pytest -m gpu` on a machine that has one."""

import all_kernels
import numpy as np
import pytest
from layer_cases import layer_cases, loss_cases, optimized, parameters_of
from word2vec_cases import KERNELS, SHAPES, assert_same, batch

from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.nn.parameter import RowGrad
from lexloom.nn.recurrent import CELLS
from lexloom.settings.word2vec import Batches
from lexloom.training.batches import Windows
from lexloom.training.optimizers import OPTIMIZERS, SGD, Adam
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import ContextBatches
from lexloom.vectors.word2vec import CBOW, FusedNegativeSampling, SkipGram

reference = all_kernels.Reference()

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def cuda():
    return get_backend("cuda")


@pytest.fixture(scope="module")
def kernels(cuda):
    return all_kernels.cuda()


def agree(cuda, device, host):
    if isinstance(host, tuple) and np.issubdtype(host[0].dtype, np.integer) and len(host) == 2:
        agree(cuda, dense(*map(cuda.to_host, device)), dense(*host))
    elif isinstance(host, tuple):
        for one, other in zip(device, host, strict=True):
            agree(cuda, one, other)
    elif isinstance(host, RowGrad):
        agree(cuda, (device.rows, device.values), (host.rows, host.values))
    elif host is not None:
        device = cuda.to_host(device) if isinstance(device, cuda.array_type) else device
        assert device.dtype == host.dtype
        tolerance = 1e-5 if host.dtype == np.float32 else 1e-10
        np.testing.assert_allclose(device, host, rtol=tolerance, atol=tolerance)


def dense(rows, values):
    total = np.zeros((10, values.shape[1]), values.dtype)
    np.add.at(total, rows[rows >= 0], values[rows >= 0])
    return total


def move(cuda, value):
    return tuple(map(cuda.to_device, value)) if isinstance(value, tuple) else cuda.to_device(value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(layer_cases()))
def test_layers(cuda, name, dtype):
    host, device = layer_cases(dtype)[name], layer_cases(dtype, cuda.to_device)[name]
    y, cache = host.forward(*host.inputs)
    device_y, device_cache = device.forward(*device.inputs)
    agree(cuda, device_y, y)
    device_dx = device.layer.backward(move(cuda, y), device_cache)
    agree(cuda, device_dx, host.layer.backward(y, cache))
    for moved, parameter in zip(device.layer.parameters(), host.layer.parameters(), strict=True):
        agree(cuda, moved.grad, parameter.grad)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(loss_cases()))
def test_losses(cuda, name, dtype):
    host, device = loss_cases(dtype)[name], loss_cases(dtype, cuda.to_device)[name]
    loss, cache = host.forward(*host.inputs)
    device_loss, device_cache = device.forward(*device.inputs)
    assert float(device_loss) == pytest.approx(float(loss), rel=1e-5 if dtype == np.float32 else 1e-10)
    agree(cuda, device.layer.backward(device_cache), host.layer.backward(cache))
    for moved, parameter in zip(parameters_of(device.layer), parameters_of(host.layer), strict=True):
        agree(cuda, moved.grad, parameter.grad)


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(cuda, name, rows):
    agree(cuda, optimized(name, rows, cuda.to_device), optimized(name, rows, np.array))


def kernel_calls():
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 8, 60)
    table = rng.normal(size=(8, 3))
    text = (
        table,
        table[::-1].copy(),
        rng.integers(-1, 8, 16),
        rng.integers(1, 3, 12),
        rng.integers(0, 8, (3, 5)),
        0.4,
    )
    return {
        "sum_rows": (ids, rng.normal(size=(60, 3))),
        "count_cooccurrences": (ids, 8, np.array([6, 3, 2])),
        "count_cooccurrences, some rows": (ids, 8, np.array([6, 3, 2]), slice(2, 5)),
        "count_cooccurrences, some places": (ids, 8, np.array([6, 3, 2]), slice(None), slice(20, 40)),
        "sparse_matmul": (
            np.ones(4),
            np.array([1, 0, 2, 1]),
            np.array([0, 1, 1, 4]),
            rng.normal(size=(3, 2)),
        ),
        "cbow": text,
        "skip_gram": text,
    }


@pytest.mark.parametrize("name", sorted(kernel_calls()))
def test_kernels(cuda, kernels, name):
    arguments = kernel_calls()[name]
    moved = [cuda.to_device(value) if isinstance(value, np.ndarray) else value for value in arguments]
    kernel = name.split(",")[0]
    agree(cuda, getattr(kernels, kernel)(*moved), getattr(reference, kernel)(*arguments))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", KERNELS)
def test_word2vec_kernels(cuda, kernels, name, shape):
    arguments = batch(*shape)
    moved = [cuda.to_device(value) if isinstance(value, np.ndarray) else value for value in arguments]
    first, second = (summed(cuda, kernels, getattr(kernels, name)(*moved)) for _ in range(2))
    assert_same(first, getattr(reference, name)(*arguments), shape[0])
    for one, other in zip(first[1:], second[1:], strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
    assert first[0] == second[0]


def summed(cuda, kernels, result):
    loss, *grads = result
    return (cuda.to_host(loss), *(tuple(map(cuda.to_host, kernels.sum_rows(*grad))) for grad in grads))


@pytest.mark.parametrize("cell", CELLS)
def test_training_a_language_model(cuda, cell):
    ids = np.random.default_rng(0).integers(0, 9, 200)
    histories = []
    for backend in (get_backend("cpu"), cuda):
        shape = {"cell": cell, "layers": 2, "embedding": 8, "hidden": 6, "tied": True, "dropout": 0.2}
        shape |= {"locked_dropout": True, "word_dropout": 0.1, "weight_drop": 0.3, "change_penalty": 1.0}
        shape["inclusion"] = np.linspace(0.2, 1, 9)
        model = build_rnnlm(9, np.random.default_rng(1), backend, dtype=np.float64, **shape)
        trainer = Trainer(model, Adam(), 0.01, clip=0.5, rng=np.random.default_rng(2))
        histories.append(
            [record["loss"] for record in trainer.fit(3, lambda epoch: Windows(ids, 4, 7, before=0))]
        )
    assert histories[1] == pytest.approx(histories[0], rel=1e-9)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("kind", [CBOW, SkipGram])
def test_training_word_vectors(cuda, kind, fused):
    ids = np.random.default_rng(0).integers(0, 9, 200).astype(np.int32)
    settings = Batches(dynamic=True, batch=16, samples=3, block=4)
    batches = ContextBatches(ids, np.bincount(ids), 2, settings, seed=1)
    histories = []
    for backend in (get_backend("cpu"), cuda):
        model = kind(9, 8, np.random.default_rng(1), backend, dtype=np.float64)
        trainer = Trainer(FusedNegativeSampling(model) if fused else model, SGD(), 0.5)
        histories.append([record["loss"] for record in trainer.fit(3, batches)])
    assert histories[1] == pytest.approx(histories[0], rel=1e-9)
