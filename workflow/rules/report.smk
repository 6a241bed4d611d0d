"""The tables and figures that people open."""

FIGURES = expand(
    "results/{corpus}/figures/{name}.png",
    corpus=CORPUS,
    name=[
        "training_curves",
        "perplexity",
        "perplexity_bands",
        "rnnlm_training",
        "gradient_lags",
        "ppmi",
        *(
            f"words_{method}"
            for method in ["svd", *configuration.corpora[CORPUS].vectors]
        ),
    ],
)


rule sweep:
    input:
        f"results/{CORPUS}/vector_sweep.txt",
        f"results/{CORPUS}/figures/vector_sweep.png",


rule tabulate_vectors:
    input:
        unpack(lambda wildcards: word_vectors.scores(wildcards.corpus)),
        **code("report/tabulate_vectors.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        report(
            "results/{corpus}/vectors.txt",
            caption="../report/vectors.rst",
            category="Word vectors",
            labels={"shows": "scores and nearest words"},
        ),
    log:
        "logs/{corpus}/tabulate_vectors.log",
    benchmark:
        "results/{corpus}/benchmarks/tabulate_vectors.tsv"
    threads: 1
    resources:
        mem_mb=500,
    params:
        benchmarks=lambda wildcards: word_vectors.benchmarks(wildcards.corpus),
    shell:
        "python {input.script} --log {log} --output {output} --corpus {input.corpus}"
        " {params.benchmarks} -- {input.similarity}"


rule tabulate_rnnlm:
    input:
        **code("report/tabulate_rnnlm.py"),
        **texts.reference(CORPUS),
        perplexities=expand(
            "results/{corpus}/rnnlm/{model}_perplexity.h5", corpus=CORPUS, model=MODELS
        ),
        benchmarks=expand(
            "results/{corpus}/benchmarks/train_rnnlm_{model}.tsv",
            corpus=CORPUS,
            model=MODELS,
        ),
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
        options=as_options(
            {"corpus": CORPUS, "models": MODELS, **texts.reference(CORPUS)}
        ),
    shell:
        "python {input.script} --log {log} --output {output} {params.options}"
        " --perplexities {input.perplexities} --benchmarks {input.benchmarks}"


rule tabulate_ladder:
    input:
        unpack(lambda wildcards: language_models.measured(wildcards.corpus)),
        unpack(lambda wildcards: language_models.adapted(wildcards.corpus)),
        **code("report/tabulate_ladder.py"),
    output:
        report(
            "results/{corpus}/ladder.txt",
            caption="../report/ladder.rst",
            category="Language models",
            labels={"shows": "perplexities, published, expected and ours"},
        ),
    log:
        "logs/{corpus}/tabulate_ladder.log",
    benchmark:
        "results/{corpus}/benchmarks/tabulate_ladder.tsv"
    threads: 1
    resources:
        mem_mb=500,
    params:
        options=lambda wildcards: language_models.rungs(wildcards.corpus),
    shell:
        "python {input.script} --log {log} --output {output} {params.options}"
        " --perplexities {input.perplexities} {input.adapted}"
        " --benchmarks {input.benchmarks} {input.adapted_benchmarks}"


rule tabulate_mixtures:
    input:
        **code("report/tabulate_mixtures.py"),
        perplexities=lambda wildcards: language_models.measured(wildcards.corpus)[
            "perplexities"
        ],
    output:
        report(
            "results/{corpus}/mixtures.txt",
            caption="../report/mixtures.rst",
            category="Language models",
            labels={"shows": "perplexity of mixtures"},
        ),
    log:
        "logs/{corpus}/tabulate_mixtures.log",
    benchmark:
        "results/{corpus}/benchmarks/tabulate_mixtures.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        options=lambda wildcards: as_options(
            {"models": language_models.names(wildcards.corpus)}
        ),
    shell:
        "python {input.script} --log {log} --output {output} {params.options}"
        " --perplexities {input.perplexities}"


rule tabulate_sweep:
    input:
        **code("report/tabulate_sweep.py"),
        sweep="results/{corpus}/vector_sweep.tsv",
    output:
        report(
            "results/{corpus}/vector_sweep.txt",
            caption="../report/sweep_choice.rst",
            category="Word vectors",
            labels={"shows": "best settings of counted vectors"},
        ),
    log:
        "logs/{corpus}/tabulate_sweep.log",
    benchmark:
        "results/{corpus}/benchmarks/tabulate_sweep.tsv"
    threads: 1
    resources:
        mem_mb=500,
    shell:
        "python {input.script} --log {log} --output {output} {input.sweep}"


# Apart from the others, because speeds differ from run to run.
rule speeds:
    input:
        expand(
            "results/{corpus}/figures/rnnlm_speed_{model}.png",
            corpus=CORPUS,
            model=MODELS,
        ),


rule plot_training_curves:
    input:
        **code("report/plot_training_curves.py"),
        vectors=lambda wildcards: expand(
            "results/{{corpus}}/{vectors}.h5",
            vectors=configuration.corpora[wildcards.corpus].vectors,
        ),
    output:
        report(
            "results/{corpus}/figures/training_curves.png",
            caption="../report/training_curves.rst",
            category="Word vectors",
            labels={"shows": "loss in training"},
        ),
    log:
        "logs/{corpus}/plot_training_curves.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_training_curves.tsv"
    threads: 1
    resources:
        mem_mb=500,
    shell:
        "python {input.script} --log {log} --output {output} -- {input.vectors}"


rule plot_perplexity:
    input:
        unpack(lambda wildcards: texts.reference(wildcards.corpus)),
        **code("report/plot_perplexity.py"),
        models=lambda wildcards: expand(
            "results/{{corpus}}/rnnlm/{model}.h5",
            model=configuration.corpora[wildcards.corpus].models,
        ),
    output:
        report(
            "results/{corpus}/figures/perplexity.png",
            caption="../report/perplexity.rst",
            category="Language models",
            labels={"shows": "perplexity in training"},
        ),
    log:
        "logs/{corpus}/plot_perplexity.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_perplexity.tsv"
    threads: 1
    resources:
        mem_mb=500,
    params:
        options=lambda wildcards: as_options(texts.reference(wildcards.corpus)),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} -- {input.models}"


rule plot_perplexity_bands:
    input:
        **code("report/plot_perplexity_bands.py"),
        perplexities=lambda wildcards: language_models.measured(wildcards.corpus)[
            "perplexities"
        ],
        corpus="data/{corpus}/corpus.h5",
    output:
        report(
            "results/{corpus}/figures/perplexity_bands.png",
            caption="../report/perplexity_bands.rst",
            category="Language models",
            labels={"shows": "perplexity by kind of token"},
        ),
    log:
        "logs/{corpus}/plot_perplexity_bands.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_perplexity_bands.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    shell:
        "python {input.script} --log {log} --output {output} --corpus {input.corpus}"
        " -- {input.perplexities}"


rule plot_rnnlm_training:
    input:
        **code("report/plot_rnnlm_training.py"),
        models=lambda wildcards: expand(
            "results/{{corpus}}/rnnlm/{model}.h5",
            model=configuration.corpora[wildcards.corpus].models,
        ),
    output:
        report(
            "results/{corpus}/figures/rnnlm_training.png",
            caption="../report/rnnlm_training.rst",
            category="Language models",
            labels={"shows": "training, step by step"},
        ),
    log:
        "logs/{corpus}/plot_rnnlm_training.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_rnnlm_training.tsv"
    threads: 1
    resources:
        mem_mb=500,
    shell:
        "python {input.script} --log {log} --output {output} -- {input.models}"


# The model is an input because its log is there before the training has ended.
rule plot_rnnlm_speed:
    input:
        **code("report/plot_rnnlm_speed.py"),
        model="results/{corpus}/rnnlm/{model}.h5",
        training_log="results/{corpus}/rnnlm/{model}.csv",
    output:
        report(
            "results/{corpus}/figures/rnnlm_speed_{model}.png",
            caption="../report/rnnlm_speed.rst",
            category="Language models",
            labels={"shows": "speed of training, {model}"},
        ),
    log:
        "logs/{corpus}/plot_rnnlm_speed_{model}.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_rnnlm_speed_{model}.tsv"
    threads: 1
    resources:
        mem_mb=500,
    shell:
        "python {input.script} --log {log} --output {output} -- {input.training_log}"


rule plot_gradient_lags:
    input:
        **code("report/plot_gradient_lags.py"),
        models=lambda wildcards: expand(
            "results/{{corpus}}/rnnlm/{model}.h5",
            model=configuration.corpora[wildcards.corpus].models,
        ),
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
        " --output {output} --corpus {input.corpus} -- {input.models}"


rule plot_words:
    input:
        unpack(lambda wildcards: texts.gold(wildcards.corpus)),
        **code("report/plot_words.py"),
        vectors="results/{corpus}/{method}.h5",
        corpus="data/{corpus}/corpus.h5",
    output:
        report(
            "results/{corpus}/figures/words_{method}.png",
            caption="../report/words.rst",
            category="Word vectors",
            labels={"shows": "words in the plane, {method}"},
        ),
    log:
        "logs/{corpus}/plot_words_{method}.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_words_{method}.tsv"
    wildcard_constraints:
        method=names(["svd", *WORD2VEC]),
    threads: 1
    resources:
        mem_mb=1000,
    params:
        options=lambda wildcards: as_options(
            {**texts.gold(wildcards.corpus), "name": wildcards.method}
        ),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} -- {input.vectors} {input.corpus}"


rule plot_ppmi:
    input:
        **code("report/plot_ppmi.py"),
        ppmi="data/{corpus}/ppmi.h5",
        corpus="data/{corpus}/corpus.h5",
    output:
        report(
            "results/{corpus}/figures/ppmi.png",
            caption="../report/ppmi.rst",
            category="Word vectors",
            labels={"shows": "PPMI of the top words"},
        ),
    log:
        "logs/{corpus}/plot_ppmi.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_ppmi.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    shell:
        "python {input.script} --log {log} --output {output} -- {input.ppmi} {input.corpus}"


rule plot_sweep:
    input:
        **code("report/plot_sweep.py"),
        sweep="results/{corpus}/vector_sweep.tsv",
    output:
        report(
            "results/{corpus}/figures/vector_sweep.png",
            caption="../report/sweep.rst",
            category="Word vectors",
            labels={"shows": "which settings of counts matter"},
        ),
    log:
        "logs/{corpus}/plot_sweep.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_sweep.tsv"
    threads: 1
    resources:
        mem_mb=500,
    shell:
        "python {input.script} --log {log} --output {output} {input.sweep}"
