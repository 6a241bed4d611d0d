"""What all rules share: the configuration, checked, and how a rule names its code, settings and device."""

import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow"))

from library.code_inputs import check_place, code, put_code_first, put_python_first
from library.configuration import read_configuration
from library.configuration_files import check_files
from library.failures import explain_failures
from library.finished_trainings import remove_finished
from library.language_models import LanguageModels, model_files, model_options
from library.messages import say_shortly
from library.needs import memory
from library.options import Options, names
from library.processes import launch, shared_training
from library.reports import all_reports, paths_of
from library.texts import Texts
from library.word_vectors import WordVectors
from snakemake.settings.types import DeploymentMethod

from lexloom.settings.command_line import as_options

put_python_first()
if DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method:
    put_code_first()
check_place()
explain_failures()

CONFIGURED = ROOT / "config/config.yaml"
check_files([CONFIGURED, *workflow.configfiles])


configfile: CONFIGURED


configuration = read_configuration(config)
texts = Texts(configuration, planning=workflow.is_main_process)
word_vectors = WordVectors(configuration, texts)
language_models = LanguageModels(configuration)
options = Options(configuration)
own, seeded = options.own, options.seeded

CORPUS = configuration.corpus
MODELS = configuration.corpora[CORPUS].models

# Resources of a rule that computes on the device; unlike params, they may change without a rerun.
DEVICE = {"device": configuration.device, "gpu": int(configuration.device == "cuda")}


wildcard_constraints:
    corpus=names(configuration.corpora),
    model=names(language_models.runs.settings),


# Before any job: the texts are there, and nobody edited what was downloaded. Jobs on other nodes read this file, too.
if workflow.is_main_process:
    texts.inputs(CORPUS)
    word_vectors.test_sets(CORPUS)
