"""The benchmarks write what is promised of results/benchmarks.json."""

import argparse
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import run_all
from harness import Inputs, Stage, measure

GIVEN = argparse.Namespace(quick=False, rounds=3, threads=2)


def nothing(inputs):
    return lambda: 1


@pytest.fixture
def rates(monkeypatch):
    """Measurements that are not taken: by side, what each round finds."""
    rates = {}

    def measure_once(module, stage, side, given):
        rate = rates[side].pop(0)
        return {"missing": side} if rate is None else {"seconds": 1, "rate": rate, "peak": 1}

    monkeypatch.setattr(run_all, "measure_once", measure_once)
    return rates


def test_a_record_compares_medians_as_rates(rates):
    rates |= {"lexloom": [10, 30, 20], "other": [9, 5, 1], "absent": [None] * 3}
    records = run_all.measure_stage(
        "module", Stage("sort", nothing, {"other": nothing, "absent": nothing}), GIVEN
    )
    assert records == [
        {
            "name": "sort",
            "unit": "tokens/s",
            "ours": 20,
            "peer": 5,
            "peer_name": "other",
            "ratio": 4,
            "threads": 2,
            "device": "cpu",
        }
    ]


def test_a_stage_without_a_peer_is_recorded_alone(rates):
    rates |= {"lexloom": [10, 30, 20], "absent": [None] * 3}
    (record,) = run_all.measure_stage("module", Stage("sort", nothing, {"absent": nothing}), GIVEN)
    assert (record["ours"], record["peer"], record["peer_name"], record["ratio"]) == (20, None, None, None)


def test_a_measurement_has_a_rate_and_the_peak_memory_of_the_process():
    result = measure(lambda inputs: lambda: 5, Inputs(threads=1))
    assert result["rate"] == pytest.approx(5 / result["seconds"])
    assert 10 < result["peak"] < 100_000
