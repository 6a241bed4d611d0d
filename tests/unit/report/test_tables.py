"""Tables of plain text."""

from lexloom.report.tables import aligned


def test_columns_are_as_wide_as_their_widest_cell():
    assert aligned([("epoch", "loss"), (1, 0.5), (100, "-")]) == ["epoch  loss", "1      0.5", "100    -"]
