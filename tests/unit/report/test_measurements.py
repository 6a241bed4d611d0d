"""The times of jobs."""

import pytest

from lexloom.errors import LexloomError
from lexloom.report.measurements import read_seconds


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"s\n",
        b"t\n1\n",
        b"t\ts\n1\n",
        b"s\nx\n",
        b"s\nnan\n",
        b"s\n-1\n",
        b"s\n\xff\n",
        b"s\n" + b"1" * 200_000,
    ],
)
def test_what_is_no_benchmark_of_a_job_is_refused(tmp_path, text):
    (tmp_path / "job.tsv").write_bytes(text)
    with pytest.raises(LexloomError, match=r"job\.tsv: no column s with a value"):
        read_seconds(tmp_path / "job.tsv")
