"""Work on the rows of arrays, in plain array operations."""

from lexloom.kernels.tiles import Job


class Reference:
    """Work on the rows of arrays."""

    def each_tile(self, *jobs: Job) -> None:
        """Do the jobs.

        Parameters
        ----------
        *jobs : Job
            A device may cut their rows into slices, and do these in any order or at the same time.
        """
        for job in jobs:
            job.work(slice(0, job.rows))
