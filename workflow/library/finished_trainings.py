"""The states that trainings keep at their end, until Snakemake has accepted their outputs."""

from pathlib import Path

from snakemake.dag import DAG

from lexloom.training.checkpoint_files import finished_of, remove_files


def remove_finished(dag: DAG) -> None:
    """Remove the states next to the outputs of all jobs that are done, or that had nothing to do."""
    for job in filter(dag.noneedrun_finished, dag.jobs):
        for output in job.output:
            remove_files(finished_of(Path(output)))
