"""Tables of plain text."""

import json
import re

from lexloom.report.tables import aligned, write_tables


def test_columns_are_as_wide_as_their_widest_cell():
    assert aligned([("epoch", "loss"), (1, 0.5), (100, "-")]) == ["epoch  loss", "1      0.5", "100    -"]


def test_a_cell_is_one_line_that_steers_no_terminal():
    assert aligned([("a\nb", "\x1b[31m"), ("c", "\u202e")]) == [r"a\nb  \x1b[31m", r"c     \u202e"]


def test_tables_are_written_as_text_and_as_a_page_with_numbers_and_intervals(tmp_path):
    scores = [("vectors", "men", "runs"), ("svd", "0.50[0.4,0.6]", 3), ("<b>", "-", 1)]
    words = [("nearest_to:cat", "svd"), (1, "dog:0.5")]
    write_tables(tmp_path / "vectors.txt", tmp_path / "vectors.html", scores, words)
    assert (tmp_path / "vectors.txt").read_text().splitlines() == [*aligned(scores), "", *aligned(words)]
    page = (tmp_path / "vectors.html").read_text()
    first, second = json.loads(re.search('id="data">(.*?)</script>', page, re.DOTALL)[1])["tables"]
    assert [column.get("decimals") for column in first["columns"]] == [None, 2, 0]
    assert first["rows"] == [["svd", [0.5, 0.4, 0.6], 3], ["<b>", None, 1]]
    assert second["rows"] == [[1, "dog:0.5"]]
    write_tables(tmp_path / "text.txt", None, scores)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".html", ".txt", ".txt"]
