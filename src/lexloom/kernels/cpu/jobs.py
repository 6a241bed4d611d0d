"""Work on the rows of arrays on the CPU, by the threads, in slices that fit into a cache."""

from lexloom.kernels.cpu.machine.thread_pool import run_tiles
from lexloom.kernels.reference.jobs import Reference
from lexloom.kernels.tiles import Job, cut

_TILE_NUMBERS = 1 << 18  # in a tile: 1 MiB of float32
_PARALLEL_OPERATIONS = 1 << 19  # some 80 us: less work does not pay off on a second thread


class Cpu(Reference):
    """Work on the rows of arrays."""

    def each_tile(self, *jobs: Job) -> None:
        """Do the jobs on the threads, in slices that fit into a cache; see `Reference.each_tile`."""
        tiles = [
            (job.work, tile)
            for job in jobs
            for tile in cut(job.rows, max(1, _TILE_NUMBERS // max(1, job.size)))
        ]
        if sum(job.rows * job.size * job.operations for job in jobs) < _PARALLEL_OPERATIONS:
            for work, tile in tiles:
                work(tile)
        else:
            run_tiles(lambda item: item[0](item[1]), tiles)
