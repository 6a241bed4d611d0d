"""lexloom: from a text corpus to word vectors and recurrent language models.

snakemake --cores 4 results/rnnlm_ppl.txt   the table of language models on the configured corpus
snakemake --cores 4                         everything on that corpus
snakemake --cores 4 seeds                   language models and word vectors, mean and interval over seeds
snakemake --cores 4 lessons                 the figures and tables of the lessons
snakemake --cores 4 speeds                  how fast the language models trained on it, a figure each
"""

from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")


report: "workflow/report/workflow.rst"


# In the folder of the work; used only with --software-deployment-method apptainer. docs/how-to/container.md makes it.
container: "lexloom.sif"


include: "workflow/rules/common.smk"
include: "workflow/rules/corpus.smk"
include: "workflow/rules/vectors.smk"
include: "workflow/rules/language.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/lessons.smk"


rule all:
    default_target: True
    input:
        ["results/rnnlm_ppl.txt"] if MODELS else [],
        f"results/{CORPUS}/ladder.txt",
        f"results/{CORPUS}/mixtures.txt",
        f"results/{CORPUS}/vectors.txt",
        f"results/{CORPUS}/explorer.html",
        FIGURES,


say_shortly(workflow)


# However the run ends, it has accepted the outputs of the jobs that are done.
onsuccess:
    remove_finished(workflow.dag)


onerror:
    remove_finished(workflow.dag)
