"""What all rules share: the configuration, checked, and how a rule names its code, settings and device."""

import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow"))

from code_inputs import code, options
from configuration import check_configuration

check_configuration(config, ROOT / "workflow/schemas/config.schema.yaml")

# The Python that runs Snakemake runs the scripts, whether its environment is activated or not.
shell.prefix(f'export PATH="{Path(sys.executable).parent}:$PATH"; ')

CORPUS = config["corpus"]

# Resources of a rule that computes on the device; unlike params, they may change without a rerun.
DEVICE = {"device": config["device"], "gpu": int(config["device"] == "cuda")}


wildcard_constraints:
    corpus="|".join(config["corpora"]),
