"""The text that follows Zipf's law, and what is reported of the stages on it."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import scale_report
import zipf
from zipf import LINE, spelling, write_zipf, zipf_lines, zipf_ranks


def test_words_are_drawn_by_zipfs_law():
    ranks = np.concatenate(list(zipf_ranks(400_000, 1000, 1.0, seed=3)))
    expected = 1 / np.arange(1, 1001)
    expected *= len(ranks) / expected.sum()
    counts = np.bincount(ranks, minlength=1000)
    assert ((counts - expected) ** 2 / expected).sum() == pytest.approx(999, abs=5 * np.sqrt(2 * 999))


def test_the_exponent_zero_makes_all_words_equal():
    counts = np.bincount(np.concatenate(list(zipf_ranks(100_000, 10, 0.0, seed=1))))
    assert len(counts) == 10
    assert np.abs(counts - 10_000).max() < 500


def test_ranks_depend_on_the_seed_and_not_on_blocks():
    def ranks(seed, block):
        return np.concatenate(list(zipf_ranks(5000, 100, 1.0, seed, block))).tolist()

    assert ranks(1, 4999) == ranks(1, 7) != ranks(2, 7)


def test_words_are_spelt_each_in_its_own_way():
    words = [spelling(rank) for rank in range(20_000)]
    assert len(set(words)) == 20_000
    assert (len(words[99]), len(words[100]), len(words[10_099]), len(words[10_100])) == (2, 4, 4, 6)


def test_the_same_options_give_the_same_text(tmp_path):
    for name in ("one", "two"):
        command = [
            sys.executable,
            zipf.__file__,
            tmp_path / name,
            "--tokens",
            "1000",
            "--types",
            "50",
        ]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    text = (tmp_path / "one").read_text()
    assert text == (tmp_path / "two").read_text()
    lines = text.splitlines()
    assert [len(line.split()) for line in lines] == [LINE] * (1000 // LINE) + [1000 % LINE]


def test_a_text_streams(tmp_path):
    lines = zipf_lines(10_000_000_000, 100, 1.0, 1)
    tracemalloc.start()
    assert len(next(lines)[0].split()) == LINE
    assert tracemalloc.get_traced_memory()[1] < 400e6
    tracemalloc.stop()
    write_zipf(tmp_path / "text", 2 * LINE, 10)
    assert (tmp_path / "text").read_text().count("\n") == 2


@pytest.fixture
def records():
    limits = {"multiply_adds": 21_000_000, "cells_100": 5000, "rows_100": 4500}
    settings = {
        "tokenize": {},
        "count": {"window": 5},
        "contexts": {"window": 5},
        "CBOW": {"window": 5, "dynamic": False, "samples": 64, "dimension": 100},
        "skip-gram": {"window": 5, "dynamic": True, "samples": 64, "dimension": 100},
    }
    one = {"types": 100, "seconds": 2.0, "processor_seconds": 4.0, "peak_bytes": 5_000_000, "limits": limits}
    return [
        one | {"stage": stage, "settings": options, "tokens": tokens}
        for tokens in (500, 5000)
        for stage, options in settings.items()
    ]


def test_the_bounds_are_those_of_the_work_for_a_token(records):
    bounds = {record["stage"]: scale_report.bounds(record) for record in records}
    assert bounds == {
        "tokenize": {"random access": 5000},
        "count": {"random access": 500},
        "contexts": {},
        "CBOW": {"arithmetic": 21_000_000 / 21_500, "random access": 500},
        "skip-gram": {"arithmetic": 21_000_000 / 21_000, "random access": 500},
    }


def test_the_table_has_a_line_a_stage_and_size_and_the_figure_is_drawn(records, tmp_path, monkeypatch):
    head, _, *lines = scale_report.table(records)
    assert len(lines) == 10
    row = dict(zip(head.split(" | "), lines[1].split(" | "), strict=True))
    assert row["tokens/s"] == "250"
    assert row["of a core"] == "125"
    assert row["bound of a core"] == "500 (random access)"
    assert row["share"] == "25%"
    monkeypatch.setattr(scale_report, "FIGURE", tmp_path / "scale.png")
    scale_report.draw(records)
    assert (tmp_path / "scale.png").read_bytes().startswith(b"\x89PNG")
