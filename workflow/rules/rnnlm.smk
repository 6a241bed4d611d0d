"""Language models: train, measure, tabulate."""

MODELS = config["corpora"][CORPUS]["models"]


wildcard_constraints:
    model="|".join(config["rnnlm"]["models"]),


rule train_rnnlm:
    input:
        **code("train_rnnlm.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/rnnlm/{model}.h5",
    # A log, unlike an output, stays when the training is interrupted, fails or goes on, and may be an input as well.
    log:
        "logs/{corpus}/train_rnnlm_{model}.log",
        "results/{corpus}/rnnlm/{model}.csv",
    benchmark:
        "results/{corpus}/benchmarks/train_rnnlm_{model}.tsv"
    threads: config["threads"]
    resources:
        **DEVICE,
        checkpoint_minutes=config["checkpoint_minutes"],
        mem_mb=4000,
    params:
        options=lambda wildcards: options(
            config["rnnlm"]["models"][wildcards.model] | {"seed": config["seed"]}
        ),
    shell:
        "python {input.script} --log {log[0]} --threads {threads} --device {resources.device}"
        " --checkpoint-minutes {resources.checkpoint_minutes} --output {output} {params.options} {input.corpus}"


rule evaluate_rnnlm:
    input:
        **code("evaluate_rnnlm.py"),
        model="results/{corpus}/rnnlm/{model}.h5",
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/rnnlm/{model}_perplexity.h5",
    log:
        "logs/{corpus}/evaluate_rnnlm_{model}.log",
    benchmark:
        "results/{corpus}/benchmarks/evaluate_rnnlm_{model}.tsv"
    threads: config["threads"]
    resources:
        **DEVICE,
        mem_mb=2000,
    shell:
        "python {input.script} --log {log} --threads {threads} --device {resources.device}"
        " --output {output} {input.model} {input.corpus}"


rule adapt_rnnlm:
    input:
        **code("adapt_rnnlm.py"),
        model="results/{corpus}/rnnlm/{model}.h5",
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/rnnlm/adapted/{model}_{method}.h5",
    log:
        "logs/{corpus}/adapt_rnnlm_{model}_{method}.log",
    benchmark:
        "results/{corpus}/benchmarks/adapt_rnnlm_{model}_{method}.tsv"
    wildcard_constraints:
        method="|".join(config["rnnlm"]["adaptation"]),
    threads: config["threads"]
    resources:
        **DEVICE,
        mem_mb=4000,
    params:
        options=adaptation,
    shell:
        "python {input.script} --log {log} --threads {threads} --device {resources.device}"
        " --output {output} {params.options} -- {input.model} {input.corpus}"


rule train_ngram:
    input:
        **code("train_ngram.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/ngram.h5",
    log:
        "logs/{corpus}/train_ngram.log",
    benchmark:
        "results/{corpus}/benchmarks/train_ngram.tsv"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        options=options(config["ngram"]),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} {input.corpus}"


rule evaluate_ngram:
    input:
        **code("evaluate_ngram.py"),
        model="results/{corpus}/ngram.h5",
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/ngram_perplexity.h5",
    log:
        "logs/{corpus}/evaluate_ngram.log",
    benchmark:
        "results/{corpus}/benchmarks/evaluate_ngram.tsv"
    threads: 1
    resources:
        mem_mb=2000,
    shell:
        "python {input.script} --log {log} --output {output} {input.model} {input.corpus}"


rule tabulate_ladder:
    input:
        unpack(rungs),
        unpack(adapted),
        **code("tabulate_ladder.py"),
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
        options=rung_options,
    shell:
        "python {input.script} --log {log} --output {output} {params.options}"
        " --perplexities {input.perplexities} {input.adapted}"
        " --benchmarks {input.benchmarks} {input.adapted_benchmarks}"


rule tabulate_mixtures:
    input:
        **code("tabulate_mixtures.py"),
        perplexities=lambda wildcards: rungs(wildcards)["perplexities"],
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
        options=lambda wildcards: options({"models": rung_names(wildcards.corpus)}),
    shell:
        "python {input.script} --log {log} --output {output} {params.options}"
        " --perplexities {input.perplexities}"


rule tabulate_rnnlm:
    input:
        **code("tabulate_rnnlm.py"),
        perplexities=expand(
            "results/{corpus}/rnnlm/{model}_perplexity.h5", corpus=CORPUS, model=MODELS
        ),
        benchmarks=expand(
            "results/{corpus}/benchmarks/train_rnnlm_{model}.tsv",
            corpus=CORPUS,
            model=MODELS,
        ),
        gold=reference_of(CORPUS),
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
        options=options(
            {"corpus": CORPUS, "models": MODELS, "gold": reference_of(CORPUS)}
        ),
    shell:
        "python {input.script} --log {log} --output {output} {params.options}"
        " --perplexities {input.perplexities} --benchmarks {input.benchmarks}"
