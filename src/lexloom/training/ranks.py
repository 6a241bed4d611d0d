"""The processes that train one model together: its ranks, as MPI calls them.

By default there is one, which has nobody to talk to. `mpirun -n 4 python train_rnnlm.py ...` starts four,
which mpi4py connects. It is imported only there.
"""

import os
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.backend import backend_of

if TYPE_CHECKING:
    from mpi4py import MPI

_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
"""Where MPICH, Open MPI and Slurm tell a process how many there are."""


class Ranks:
    """All ranks of a training; this class is a single one.

    Every rank must call the same methods in the same order. They wait for each other.

    Attributes
    ----------
    rank, size : int
        Number of this rank, from 0, and number of ranks.
    """

    rank, size = 0, 1

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, by rank."""
        return [value]

    def first(self, function: Callable[[], Any]) -> Any:
        """Return what a function returns on rank 0; no other rank calls it."""
        return function()

    def exchange(self, blocks: Any) -> Any:
        """Send block r to rank r, and return the blocks of all ranks for this one.

        Parameters
        ----------
        blocks : (ranks, K) array

        Returns
        -------
        blocks : (ranks, K) array
            By sender.
        """
        return blocks

    def collect(self, array: Any) -> Any:
        """Return the arrays of all ranks, which have one shape, as one array with a leading axis."""
        return array[None]

    def abort(self, status: int) -> None:
        """End all ranks at once, with an exit status; a single rank ends by itself."""


class MpiRanks(Ranks):
    """The ranks that MPI started. Arrays of a device travel by way of the host.

    Parameters
    ----------
    world : mpi4py.MPI.Comm
    """

    def __init__(self, world: "MPI.Comm"):
        self.world, self.rank, self.size = world, world.Get_rank(), world.Get_size()

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, by rank."""
        return self.world.allgather(value)

    def first(self, function: Callable[[], Any]) -> Any:
        """Return what a function returns on rank 0; no other rank calls it."""
        return self.world.bcast(function() if self.rank == 0 else None)

    def exchange(self, blocks: Any) -> Any:
        """Send block r to rank r, and return the blocks of all ranks for this one; see `Ranks`."""
        return self._over(self.world.Alltoall, blocks, blocks.shape)

    def collect(self, array: Any) -> Any:
        """Return the arrays of all ranks, which have one shape, as one array with a leading axis."""
        return self._over(self.world.Allgather, array, (self.size, *array.shape))

    def abort(self, status: int) -> None:
        """End all ranks at once, with an exit status."""
        sys.stderr.flush()
        self.world.Abort(status)

    def _over(self, operation: Callable[..., None], array: Any, shape: tuple[int, ...]) -> Any:
        backend = backend_of(array)
        sent = np.ascontiguousarray(backend.to_host(array))
        received = np.empty(shape, sent.dtype)
        operation(sent, received)
        return backend.to_device(received)


ALONE = Ranks()


@cache
def started_ranks() -> Ranks:
    """Return the ranks as which this program was started.

    Raises
    ------
    LexloomError
        If mpi4py is missing, or does not find the processes that were started.
    """
    size = max(int(os.environ.get(name, 1)) for name in _SIZES)
    if size == 1:
        return ALONE
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise LexloomError(
            f"{size} processes were started, but mpi4py cannot be used ({error}); "
            "install it with pip install 'lexloom[mpi]', or start one process"
        ) from error
    ranks = MpiRanks(MPI.COMM_WORLD)
    if ranks.size != size:
        raise LexloomError(
            f"{size} processes were started, but mpi4py finds {ranks.size}; start them with the mpirun of "
            "the MPI that mpi4py uses, or with srun --mpi=pmi2"
        )
    return ranks
