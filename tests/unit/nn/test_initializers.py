import numpy as np
import pytest
from fake_device import FAKE, FakeArray

from lexloom.kernels.backend import get_backend
from lexloom.nn.initializers import new_linear, uniform, xavier

CPU = get_backend("cpu")


def draw(*args, **keywords):
    return xavier(np.random.default_rng(0), *args, **keywords)


def test_xavier_variance_is_2_over_fan_in_plus_fan_out():
    W = draw((300, 500), CPU)
    assert W.dtype == np.float32
    assert W.var() == pytest.approx(2 / 800, rel=0.02)
    assert abs(W).max() <= np.sqrt(6 / 800)


def test_a_gain_multiplies_what_is_drawn():
    np.testing.assert_allclose(draw((30, 50), CPU, gain=5.0), 5 * draw((30, 50), CPU), rtol=1e-6)


def test_each_gate_is_scaled_by_itself():
    assert draw((100, 400), CPU, gates=4).var() == pytest.approx(2 / 200, rel=0.02)


def test_weights_do_not_depend_on_device_and_precision():
    double = draw((4, 3), CPU, dtype=np.float64)
    np.testing.assert_array_equal(draw((4, 3), CPU), double.astype(np.float32))
    moved = draw((4, 3), FAKE)
    assert isinstance(moved, FakeArray)
    np.testing.assert_array_equal(moved.get(), draw((4, 3), CPU))


def test_uniform_stays_within_its_limit():
    W = uniform(np.random.default_rng(0), (1000,), 0.1, CPU)
    assert -0.1 <= W.min() < -0.09
    assert 0.09 < W.max() <= 0.1


def test_a_new_linear_layer_has_named_parameters_and_no_bias_yet():
    W, b = new_linear(np.random.default_rng(0), "output", (4, 3), CPU).parameters()
    assert (W.name, b.name) == ("output.W", "output.b")
    np.testing.assert_array_equal(W.data, draw((4, 3), CPU))
    np.testing.assert_array_equal(b.data, np.zeros(3, np.float32))
