"""What runs on a GPU once runs to its end on the stand-in, without the packages that are not needed there."""

import json
import os
import subprocess
import sys

import pytest
from cuda_on_host import COMPILER

PROGRAM = ["tests/contracts/stand_in.py", "benchmarks/gpu.py"]


def run(folder, *options, program=PROGRAM):
    command = [sys.executable, *program, "--quick", "--output", str(folder), *options]
    no_device = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=no_device)
    path = folder / "gpu.jsonl"
    return done, [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.skipif(COMPILER is None, reason="needs g++ or clang++ to compile CUDA C++ for the host")
def test_all_parts_run_to_their_end_with_floors_and_no_failed_test(tmp_path):
    done, records = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (tests,) = (record for record in records if record["part"] == "tests")
    assert tests["passed"] > 5
    assert tests["failed"] == tests["skipped"] == 0
    parts = dict.fromkeys(record["part"] for record in records)
    assert [*parts] == ["limits", "tests", "language_models", "word_vectors", "counting", "factorizing"]
    for record in records:
        if "bytes" in record and record.get("side") != "cpu":
            assert record["floor_s"] > 0


def test_without_a_device_it_says_so_and_stops(tmp_path):
    done, records = run(tmp_path, program=["benchmarks/gpu.py"])
    assert done.returncode == 1
    assert "device cuda: " in done.stderr
    assert [record["name"] for record in records] == ["failed"]


def test_a_part_that_fails_costs_no_other(tmp_path):
    done, records = run(tmp_path, "--only", "word_vectors", "counting", program=["benchmarks/gpu.py"])
    assert done.returncode == 1
    assert [(record["part"], record["name"]) for record in records] == [
        ("word_vectors", "failed"),
        ("counting", "failed"),
    ]
