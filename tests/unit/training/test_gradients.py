import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.training.gradients import clip_factor, global_norm
from lexloom.training.optimizers import SGD


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_clipping_bounds_the_joint_norm(seed, limit):
    rng = np.random.default_rng(seed)
    dense, rows = Parameter("a", np.zeros((2, 3))), Parameter("b", np.zeros((4, 2)))
    dense.grad, rows.grad = rng.normal(size=(2, 3)), RowGrad(np.array([1, 1, 3]), rng.normal(size=(3, 2)))
    everything = np.concatenate([dense.grad.ravel(), rows.grad.summed().values.ravel()])
    norm = np.linalg.norm(everything)
    np.testing.assert_allclose(global_norm([dense, rows, dense]), norm)
    np.testing.assert_allclose(clip_factor([dense, rows, dense], limit), min(1, limit / norm))


def test_clipping_without_gradients():
    parameters = [Parameter("a", np.zeros(2))]
    assert global_norm(parameters) == 0
    assert clip_factor(parameters, 1.0) == 1


def test_the_norm_uses_known_squares_until_the_gradient_changes():
    parameter, grad = Parameter("W", np.zeros((3, 2))), np.arange(6.0).reshape(3, 2)
    parameter.add_grad(grad.copy(), squares=np.array([9.0, 16.0]))
    assert global_norm([parameter]) == 5
    parameter.add_grad(RowGrad(np.array([1]), np.array([[1.0, 1.0]])))
    np.testing.assert_allclose(global_norm([parameter]), np.sqrt(0 + 1 + 9 + 16 + 16 + 25))
    SGD().step([parameter], 0.1)
    parameter.add_grad(grad, squares=np.array([9.0, 16.0]))
    parameter.grad *= 2
    np.testing.assert_allclose(global_norm([parameter]), np.linalg.norm(grad))


def test_the_norm_of_a_long_gradient_is_accurate():
    parameter = Parameter("a", np.zeros((20_000, 100), np.float32))
    parameter.grad = np.full((20_000, 100), 0.1, np.float32)
    np.testing.assert_allclose(global_norm([parameter]), np.sqrt(2e4), rtol=1e-6)
