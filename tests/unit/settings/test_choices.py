"""What settings let a person choose is what the library has."""

from typing import get_args

import pytest

from lexloom.nn.recurrent import CELLS
from lexloom.settings.base import Architecture, Optimizer, Schedule
from lexloom.settings.rnnlm import Cell
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.schedules import SCHEDULES
from lexloom.vectors.word2vec import MODELS

CHOICES = [
    (Cell, CELLS),
    (Optimizer, OPTIMIZERS),
    (Schedule, SCHEDULES),
    (Architecture, MODELS),
]


@pytest.mark.parametrize(("choice", "known"), CHOICES)
def test_what_can_be_chosen_is_there(choice, known):
    assert set(get_args(choice)) == set(known)
