"""Tables of plain text."""

import pytest

from lexloom.errors import LexloomError
from lexloom.report.tables import aligned, read_seconds


def test_columns_are_as_wide_as_their_widest_cell():
    assert aligned([("epoch", "loss"), (1, 0.5), (100, "-")]) == ["epoch  loss", "1      0.5", "100    -"]


def test_a_cell_is_one_line_that_steers_no_terminal():
    assert aligned([("a\nb", "\x1b[31m"), ("c", "\u202e")]) == [r"a\nb  \x1b[31m", r"c     \u202e"]


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
