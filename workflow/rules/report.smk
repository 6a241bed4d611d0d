"""The tables and figures that people open."""

REPORTS = all_reports(texts, word_vectors, language_models)
KINDS = ["rnnlm", "vectors"]
TARGETS = {
    target: paths_of(
        [made for made in REPORTS.values() if made.target == target],
        corpus=CORPUS,
        method=["svd", *configuration.corpora[CORPUS].vectors],
        model=MODELS,
        kind=KINDS,
    )
    for target in ("all", "sweep", "seeds", "speeds")
}
FIGURES = [path for path in TARGETS["all"] if path.endswith(".png")]


rule sweep:
    input:
        TARGETS["sweep"],


rule seeds:
    input:
        TARGETS["seeds"],


rule speeds:
    input:
        TARGETS["speeds"],


# One rule for each entry of the table, named after its script.
for job, made in REPORTS.items():
    script = job.partition("_{")[0]

    rule:
        name:
            script
        input:
            unpack(made.inputs),
            **code(f"report/{script}.py"),
        output:
            **made.outputs
            | {
                made.opened: report(
                    made.outputs[made.opened],
                    caption=f"../report/{script}.rst",
                    category=made.category,
                    labels={"shows": made.shows},
                )
            },
        log:
            f"logs/{{corpus}}/{job}.log",
        benchmark:
            f"results/{{corpus}}/benchmarks/{job}.tsv"
        wildcard_constraints:
            method=names(["svd", *WORD2VEC]),
            kind=names(KINDS),
        localrule: not made.computes
        threads: configuration.threads if made.computes else 1
        resources:
            **(DEVICE if made.computes else {}),
            mem_mb=memory(1100 if made.computes else 600),
        params:
            options=made.options,
        shell:
            "python {input.script:q} --log {log:q} --output {output.result:q} {input.files:q} {params.options}"
            + (
                " --threads {threads} --device {resources.device:q}"
                if made.computes
                else ""
            )


rule tabulate_rnnlm:
    input:
        **code("report/tabulate_rnnlm.py"),
        **texts.reference(CORPUS),
        **model_files(language_models.recurrent(CORPUS)),
    output:
        table="results/rnnlm_ppl.txt",
        page=report(
            "results/rnnlm_ppl.html",
            caption="../report/tabulate_rnnlm.rst",
            category="Language models",
            labels={"shows": "perplexity of each model"},
        ),
    log:
        "logs/tabulate_rnnlm.log",
    benchmark:
        "results/benchmarks/tabulate_rnnlm.tsv"
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(600),
    params:
        options=as_options({"corpus": CORPUS, **texts.reference(CORPUS)}),
        models=model_options(language_models.recurrent(CORPUS)),
    shell:
        "python {input.script:q} --log {log:q} --output {output.table:q} --page {output.page:q}"
        " {params.options} {params.models}"
