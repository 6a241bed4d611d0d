"""The tables and figures that people open."""

VECTORS, LANGUAGE = "Word vectors", "Language models"

# By script, with the wildcards that its log and benchmark are named after.
REPORTS = {
    "tabulate_vectors": Report(
        "vectors.txt",
        VECTORS,
        "scores and nearest words",
        word_vectors.scores,
        word_vectors.benchmarks,
    ),
    "tabulate_ladder": Report(
        "ladder.txt",
        LANGUAGE,
        "perplexities, published, expected and ours",
        lambda corpus: model_files(language_models.rungs(corpus)),
        language_models.ladder,
    ),
    "tabulate_mixtures": Report(
        "mixtures.txt", LANGUAGE, "perplexity of mixtures", language_models.measured
    ),
    "tabulate_sweep": Report(
        "vector_sweep.txt",
        VECTORS,
        "best settings of counted vectors",
        word_vectors.sweep,
        target="sweep",
    ),
    "plot_sweep": Report(
        "figures/vector_sweep.png",
        VECTORS,
        "which settings of counts matter",
        word_vectors.sweep,
        target="sweep",
    ),
    "plot_training_curves": Report(
        "figures/training_curves.png", VECTORS, "loss in training", word_vectors.trained
    ),
    "plot_words_{method}": Report(
        "figures/words_{method}.png",
        VECTORS,
        "words in the plane, {method}",
        word_vectors.plane,
    ),
    "plot_ppmi": Report(
        "figures/ppmi.png", VECTORS, "PPMI of the top words", word_vectors.top_words
    ),
    "plot_perplexity": Report(
        "figures/perplexity.png",
        LANGUAGE,
        "perplexity in training",
        lambda corpus: language_models.trained(corpus) | texts.reference(corpus),
    ),
    "plot_perplexity_bands": Report(
        "figures/perplexity_bands.png",
        LANGUAGE,
        "perplexity by kind of token",
        lambda corpus: language_models.measured(corpus) | texts.ids(corpus),
    ),
    "plot_rnnlm_training": Report(
        "figures/rnnlm_training.png",
        LANGUAGE,
        "training, step by step",
        language_models.trained,
    ),
    # Not made with the others, because speeds differ from run to run.
    "plot_rnnlm_speed_{model}": Report(
        "figures/rnnlm_speed_{model}.png",
        LANGUAGE,
        "speed of training, {model}",
        language_models.training_log,
        target="speeds",
    ),
}
CAPTIONS = {"tabulate_sweep": "sweep_choice"}
TARGETS = {
    target: expand(
        [made.output for made in REPORTS.values() if made.target == target],
        corpus=CORPUS,
        method=["svd", *configuration.corpora[CORPUS].vectors],
        model=MODELS,
    )
    for target in ("all", "sweep", "speeds")
}
FIGURES = [
    *(path for path in TARGETS["all"] if path.endswith(".png")),
    f"results/{CORPUS}/figures/gradient_lags.png",
]


rule sweep:
    input:
        TARGETS["sweep"],


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
            report(
                made.output,
                caption=f"../report/{CAPTIONS.get(script, script.partition('_')[2])}.rst",
                category=made.category,
                labels={"shows": made.shows},
            ),
        log:
            f"logs/{{corpus}}/{job}.log",
        benchmark:
            f"results/{{corpus}}/benchmarks/{job}.tsv"
        wildcard_constraints:
            method=names(["svd", *WORD2VEC]),
        threads: 1
        resources:
            mem_mb=1000,
        params:
            options=made.options,
        shell:
            "python {input.script} --log {log} --output {output} {input.files} {params.options}"


rule tabulate_rnnlm:
    input:
        **code("report/tabulate_rnnlm.py"),
        **texts.reference(CORPUS),
        **model_files(language_models.recurrent(CORPUS)),
    output:
        report(
            "results/rnnlm_ppl.txt",
            caption="../report/rnnlm_ppl.rst",
            category="Language models",
            labels={"shows": "perplexity of each model"},
        ),
    log:
        "logs/tabulate_rnnlm.log",
    benchmark:
        "results/benchmarks/tabulate_rnnlm.tsv"
    threads: 1
    resources:
        mem_mb=500,
    params:
        options=as_options({"corpus": CORPUS, **texts.reference(CORPUS)}),
        models=model_options(language_models.recurrent(CORPUS)),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} {params.models}"


rule plot_gradient_lags:
    input:
        unpack(lambda wildcards: language_models.trained(wildcards.corpus)),
        **code("report/plot_gradient_lags.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        report(
            "results/{corpus}/figures/gradient_lags.png",
            caption="../report/gradient_lags.rst",
            category="Language models",
            labels={"shows": "gradients on their way back in time"},
        ),
    log:
        "logs/{corpus}/plot_gradient_lags.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_gradient_lags.tsv"
    threads: configuration.threads
    resources:
        **DEVICE,
        mem_mb=2000,
    shell:
        "python {input.script} --log {log} --threads {threads} --device {resources.device}"
        " --output {output} --corpus {input.corpus} -- {input.files}"
