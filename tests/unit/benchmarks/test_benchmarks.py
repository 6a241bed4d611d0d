"""The benchmarks write what is promised of results/benchmarks.json."""

import argparse
import platform
import subprocess
import sys

import isa
import language_model
import numpy as np
import pytest
import run_all
from harness import Inputs, Stage, measure
from products import Product, ways

GIVEN = argparse.Namespace(quick=False, rounds=3, threads=2, isa="native")


def nothing(inputs):
    return lambda: 1


@pytest.fixture
def rates(monkeypatch):
    """Measurements that are not taken: by side, what each round finds."""
    rates = {}

    def measure_once(module, stage, side, inputs):
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
            "bound": None,
            "share": None,
            "threads": 2,
            "device": "cpu",
            "isa": {"lexloom": {}, "other": {}, "absent": {}},
        }
    ]


def test_a_stage_without_a_peer_is_recorded_alone(rates):
    rates |= {"lexloom": [10, 30, 20], "absent": [None] * 3}
    (record,) = run_all.measure_stage("module", Stage("sort", nothing, {"absent": nothing}), GIVEN)
    assert (record["ours"], record["peer"], record["peer_name"], record["ratio"]) == (20, None, None, None)


def test_a_bound_stands_beside_every_peer_with_the_share_of_it_that_is_reached(rates, capsys):
    rates |= {"lexloom": [10, 30, 20], "other": [9, 5, 1], "bound": [10, 25, 40]}
    (record,) = run_all.measure_stage(
        "module", Stage("sort", nothing, {"other": nothing}, bound=nothing), GIVEN
    )
    assert (record["peer_name"], record["ratio"], record["bound"], record["share"]) == ("other", 4, 25, 0.8)
    assert capsys.readouterr().out.splitlines()[-1].split()[:2] == ["sort", "bound"]


def test_the_bound_of_a_language_model_is_the_time_of_its_products(monkeypatch):
    """Three for the output layer, for each recurrent layer three over all steps with the inputs, and three
    with the hidden state, two of them step by step."""
    monkeypatch.setattr(language_model, "vocabulary_of", lambda inputs: 1000)
    products = language_model.products_of(Inputs(threads=1), "LSTM 2 x 200, T 20")
    work = sum(product.rows * product.inner * product.columns * product.times for product in products)
    tokens, size = 20 * 20, 200
    assert work == 3 * tokens * size * 1000 + 2 * 6 * tokens * size * 4 * size


@pytest.mark.parametrize("a_transposed", [False, True])
@pytest.mark.parametrize("b_transposed", [False, True])
def test_every_way_to_make_a_product_is_one(a_transposed, b_transposed):
    product = Product(12, 30, 70, 2, a_transposed, b_transposed)
    first, *others = [way().copy() for way in ways(product, 2, np.random.default_rng(1))]
    assert first.any()
    assert len(others) == 5
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-4, atol=1e-5)


def test_a_measurement_has_a_rate_and_the_peak_memory_of_the_process():
    result = measure(lambda inputs: lambda: 5, Inputs(threads=1))
    assert result["rate"] == pytest.approx(5 / result["seconds"])
    assert 10 < result["peak"] < 100_000


TAKEN = """
import sys
sys.path.insert(0, "benchmarks")
import numba, numpy, isa
print(sorted(isa.found().values()), *isa.disobedient("avx2", isa.found()), sep="\\n")
from lexloom.kernels.cpu.machine.target import BLOCK, BLOCKS
print(BLOCK == BLOCKS["avx2"])
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="AVX2 is of x86")
def test_held_to_avx2_every_library_takes_it():
    environment = isa.measuring(isa.AVX2)
    done = subprocess.run(
        [sys.executable, "-c", TAKEN], env=environment, capture_output=True, text=True, check=True
    )
    taken, *rest = done.stdout.splitlines()
    assert "haswell" in taken
    assert "Haswell" in taken
    assert rest == ["True"]


def test_a_library_that_takes_more_than_it_was_asked_to_is_told():
    assert list(isa.disobedient(isa.AVX2, {"PyTorch": "AVX512", "Numba": "haswell"})) == ["PyTorch: AVX512"]
    assert not list(isa.disobedient(isa.NATIVE, {"PyTorch": "AVX512"}))
