"""Block Lanczos: an orthonormal basis, the projected matrix, and residuals that are true."""

import numpy as np
import pytest

from lexloom.vectors.lanczos import BLOCK, Lanczos


class Dense:
    def __init__(self, matrix):
        self.matrix, self.size = matrix, len(matrix)

    def __matmul__(self, block):
        return self.matrix @ block


def symmetric(size):
    matrix = np.random.default_rng(0).standard_normal((size, size))
    return matrix + matrix.T


def test_the_basis_is_orthonormal_and_the_matrix_is_projected_on_it():
    matrix = symmetric(200)
    lanczos = Lanczos(Dense(matrix), np.random.default_rng(1))
    for steps in range(1, 8):
        lanczos.step()
        basis = lanczos.basis
        assert lanczos.size == steps * BLOCK
        np.testing.assert_allclose(basis.T @ basis, np.eye(lanczos.size), atol=1e-12)
        np.testing.assert_allclose(lanczos.projected, basis.T @ matrix @ basis, atol=1e-11)


@pytest.mark.parametrize("steps", [2, 5])
def test_residuals_are_what_the_pairs_lack(steps):
    matrix = symmetric(150)
    lanczos = Lanczos(Dense(matrix), np.random.default_rng(1))
    for _ in range(steps):
        lanczos.step()
    values, inner, residuals = lanczos.leading(7)
    vectors = lanczos.basis @ inner
    np.testing.assert_allclose(
        np.linalg.norm(matrix @ vectors - vectors * values, axis=0), residuals, rtol=1e-8
    )
    assert (np.diff(values) <= 0).all()


@pytest.mark.parametrize("size", [1, 10, 16, 40])
def test_a_complete_space_has_all_eigenvalues(size):
    matrix = symmetric(size)
    lanczos = Lanczos(Dense(matrix), np.random.default_rng(1))
    while not lanczos.complete:
        lanczos.step()
    values, _, residuals = lanczos.leading(size)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix)[::-1], atol=1e-11)
    assert (residuals == 0).all()
