"""Optimizer updates, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module
from lexloom.kernels.reference import row_sums
from lexloom.kernels.tiles import Job


class Reference(row_sums.Reference):
    """Optimizer updates."""

    def sgd(self, w: Any, dw: Any, learning_rate: Any, kept: float) -> None:
        """Update w in place to kept w - learning_rate dw.

        Parameters
        ----------
        w, dw : float arrays of the same shape
            dw may be overwritten.
        learning_rate : float
        kept : float
            1 - learning rate * weight decay.
        """
        if kept != 1:
            w *= kept
        dw *= learning_rate
        w -= dw

    def adagrad_rows(
        self, data: Any, squares: Any, rows: Any, values: Any, learning_rate: float, epsilon: float
    ) -> Job:
        """Return the job that updates some rows by AdaGrad; see `lexloom.training.optimizers.AdaGrad`.

        Parameters
        ----------
        data, squares : (V, D) float arrays
            The parameter and its sums of squared gradients; the job updates both.
        rows : (R,) int array
            The gradients of repeated rows are summed.
        values : (R, D) float array
            The gradients of the rows.
        learning_rate, epsilon : float
        """
        rows, values = self.sum_rows(rows, values)

        def work(tile: slice) -> None:
            some, dw = rows[tile], values[tile]
            summed = squares[some] + dw * dw
            self.write_rows(squares, some, summed)
            step = learning_rate * dw / (array_module(data).sqrt(summed) + epsilon)
            self.write_rows(data, some, data[some] - step)

        return Job.on(values, work)

    def row_adagrad_rows(
        self, data: Any, squares: Any, rows: Any, values: Any, learning_rate: float, epsilon: float
    ) -> Job:
        """Return the job that updates some rows by row-wise AdaGrad; see `optimizers.RowAdaGrad`.

        Parameters
        ----------
        data : (V, D) float array
            The parameter, which the job updates.
        squares : (V, 1) float array
            The sum of the mean squared gradients of each row, which the job updates.
        rows : (R,) int array
            The gradients of repeated rows are summed.
        values : (R, D) float array
            The gradients of the rows.
        learning_rate, epsilon : float
        """
        rows, values = self.sum_rows(rows, values)

        def work(tile: slice) -> None:
            some, dw = rows[tile], values[tile]
            summed = squares[some] + (dw * dw).mean(axis=1, keepdims=True)
            self.write_rows(squares, some, summed)
            step = learning_rate / (array_module(data).sqrt(summed) + epsilon) * dw
            self.write_rows(data, some, data[some] - step)

        return Job.on(values, work)
