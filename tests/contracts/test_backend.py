"""Layers, losses and optimizers run on a device, and never mix its arrays with those of the host."""

import inspect

import all_kernels
import numpy as np
import pytest
import stand_in
from fake_device import FAKE, FakeArray
from layer_cases import layer_cases, loss_cases, optimized, parameters_of

from lexloom.errors import LexloomError
from lexloom.kernels.backend import backend_of, get_backend
from lexloom.kernels.cpu.products import Cpu as Products
from lexloom.kernels.products import products
from lexloom.nn.parameter import RowGrad
from lexloom.training.optimizers import OPTIMIZERS

cpu = all_kernels.Cpu()
reference = all_kernels.Reference()


def to_host(value):
    if isinstance(value, tuple):
        return tuple(to_host(part) for part in value)
    if isinstance(value, RowGrad):
        return value.rows.get(), value.values.get()
    assert value is None or isinstance(value, FakeArray)
    return None if value is None else value.get()


def plain(value):
    return (value.rows, value.values) if isinstance(value, RowGrad) else value


def assert_close(device, host):
    if isinstance(host, tuple):
        for one, other in zip(device, host, strict=True):
            assert_close(one, other)
    elif host is not None:
        np.testing.assert_allclose(device, host, rtol=1e-12, atol=1e-14)
        assert device.dtype == host.dtype
    else:
        assert device is None


def like(y):
    rng = np.random.default_rng(3)
    parts = tuple(rng.normal(size=part.shape) for part in (y if isinstance(y, tuple) else (y,)))
    return parts if isinstance(y, tuple) else parts[0]


@pytest.mark.parametrize("name", sorted(layer_cases()))
def test_layers_run_on_a_device_and_equal_the_cpu(name):
    on_host, on_device = layer_cases()[name], layer_cases(move=FAKE.to_device)[name]
    y, cache = on_host.forward(*on_host.inputs)
    device_y, device_cache = on_device.forward(*on_device.inputs)
    assert_close(to_host(device_y), y)
    dy = like(y)
    device_dy = tuple(map(FAKE.to_device, dy)) if isinstance(dy, tuple) else FAKE.to_device(dy)
    assert_close(
        to_host(on_device.layer.backward(device_dy, device_cache)), on_host.layer.backward(dy, cache)
    )
    for moved, parameter in zip(on_device.layer.parameters(), on_host.layer.parameters(), strict=True):
        assert_close(to_host(moved.grad), plain(parameter.grad))


@pytest.mark.parametrize("name", sorted(loss_cases()))
def test_losses_run_on_a_device_and_equal_the_cpu(name):
    on_host, on_device = loss_cases()[name], loss_cases(move=FAKE.to_device)[name]
    loss, cache = on_host.forward(*on_host.inputs)
    device_loss, device_cache = on_device.forward(*on_device.inputs)
    assert_close(to_host(device_loss), loss)
    assert_close(to_host(on_device.layer.backward(device_cache)), on_host.layer.backward(cache))
    for moved, parameter in zip(parameters_of(on_device.layer), parameters_of(on_host.layer), strict=True):
        assert_close(to_host(moved.grad), plain(parameter.grad))


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_run_on_a_device_and_equal_the_cpu(name, rows):
    expected = optimized(name, rows, np.array)
    np.testing.assert_allclose(optimized(name, rows, FAKE.to_device).get(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "mix",
    [
        lambda device, host: device + host,
        lambda device, host: host + device,
        lambda device, host: np.exp(device),
        lambda device, host: np.concatenate([device, device]),
        lambda device, host: np.asarray(device),
        lambda device, host: device[np.array([0])],
        lambda device, host: host[device],
        lambda device, host: device.__setitem__(0, host[0:1]),
        lambda device, host: FAKE.xp.maximum(device, host),
        lambda device, host: backend_of(device, host),
        lambda device, host: products.of(device, host),
        lambda device, host: host.__iadd__(device),
    ],
)
def test_mixing_devices_is_refused(mix):
    with pytest.raises(TypeError):
        mix(FAKE.to_device(np.ones(2)), np.ones(2))


def test_arrays_of_two_devices_are_both_named():
    with pytest.raises(TypeError, match="cpu and fake"):
        backend_of(np.ones(1), FAKE.to_device(np.ones(1)))
    with pytest.raises(TypeError, match="no backend has arrays of type list"):
        backend_of([1.0])


def test_each_device_has_its_own_kernels_of_a_subject():
    assert type(products.of(np.ones(1))) is Products
    assert products.of(FAKE.to_device(np.ones(1))) is products.reference


def test_an_array_is_copied_to_the_device_and_back():
    host = np.arange(3)
    back = FAKE.to_host(FAKE.to_device(host))
    np.testing.assert_array_equal(back, host)
    assert get_backend("cpu").to_host(host) is host


def test_an_unknown_device_and_no_threads_are_refused():
    with pytest.raises(LexloomError, match=r'device: "tpu" .*cpu, cuda\nthreads: 0 is not allowed'):
        get_backend("tpu", 0)


def signatures(kernels):
    """Return the argument names of each kernel of a device."""
    methods = inspect.getmembers(type(kernels), inspect.isfunction)
    return {name: [*inspect.signature(method).parameters] for name, method in methods if name[0] != "_"}


def test_every_kernel_has_one_signature_everywhere():
    assert signatures(cpu) == signatures(reference)
    with stand_in.installed():
        assert signatures(all_kernels.cuda()) == signatures(reference)
