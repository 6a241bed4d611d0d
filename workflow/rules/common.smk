"""What all rules share: the configuration, checked, and how a rule names its code and its settings."""

import os
import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow"))

from code_inputs import code, options
from configuration import check_configuration

check_configuration(config, ROOT / "workflow/schemas/config.schema.yaml")

# The Python that runs Snakemake runs the scripts, whether its environment is activated or not.
os.environ["PATH"] = os.pathsep.join(
    [str(Path(sys.executable).parent), os.environ["PATH"]]
)

CORPUS = config["corpus"]


wildcard_constraints:
    corpus="|".join(config["corpora"]),
