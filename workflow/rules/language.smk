"""Language models: training, evaluation, and adaptation to the text they read."""


rule train_rnnlm:
    input:
        **code("language/train_rnnlm.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/rnnlm/{model}.h5",
    # A log, unlike an output, stays when the training is interrupted, fails or goes on, and may be an input as well.
    log:
        "logs/{corpus}/train_rnnlm_{model}.log",
        "results/{corpus}/rnnlm/{model}.csv",
    benchmark:
        "results/{corpus}/benchmarks/train_rnnlm_{model}.tsv"
    threads: lambda wildcards: language_models.threads(wildcards.model)
    resources:
        **DEVICE,
        **shared_training(
            configuration.ranks,
            lambda wildcards: language_models.runs.settings[wildcards.model]["parts"],
            megabytes=1600,
        ),
        checkpoint_minutes=configuration.checkpoint_minutes,
    params:
        options=lambda wildcards: seeded(language_models.runs.settings[wildcards.model]),
        launch=launch,
    shell:
        "{params.launch} python {input.script:q} --log {log[0]:q} --threads {threads}"
        " --device {resources.device:q} --checkpoint-minutes {resources.checkpoint_minutes}"
        " --keep-finished --output {output:q} {params.options} {input.corpus:q}"


# n-grams and recurrent models alike: {language_model} is ngram, or rnnlm/ and the name of a model.
rule evaluate_perplexity:
    input:
        **code("language/evaluate_perplexity.py"),
        model="results/{corpus}/{language_model}.h5",
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/{language_model}_perplexity.h5",
    log:
        "logs/{corpus}/evaluate_{language_model}.log",
    benchmark:
        "results/{corpus}/benchmarks/evaluate_{language_model}.tsv"
    wildcard_constraints:
        language_model=f"ngram|rnnlm/({names(language_models.runs.settings)})",
    threads: lambda wildcards: language_models.threads(wildcards.language_model)
    resources:
        **DEVICE,
        mem_mb=memory(1100),
    shell:
        "python {input.script:q} --log {log:q} --threads {threads} --device {resources.device:q}"
        " --output {output:q} {input.model:q} {input.corpus:q}"


rule adapt_rnnlm:
    input:
        **code("language/adapt_rnnlm.py"),
        model="results/{corpus}/rnnlm/{model}.h5",
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/rnnlm/adapted/{model}_{method}.h5",
    log:
        "logs/{corpus}/adapt_rnnlm_{model}_{method}.log",
    benchmark:
        "results/{corpus}/benchmarks/adapt_rnnlm_{model}_{method}.tsv"
    wildcard_constraints:
        method=names(type(configuration.rnnlm.adaptation).model_fields),
    threads: configuration.threads
    resources:
        **DEVICE,
        mem_mb=memory(1100),
    params:
        options=lambda wildcards: language_models.adaptation(wildcards.method),
    shell:
        "python {input.script:q} --log {log:q} --threads {threads} --device {resources.device:q}"
        " --output {output:q} {params.options} -- {input.model:q} {input.corpus:q}"


rule train_ngram:
    input:
        **code("language/train_ngram.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/ngram.h5",
    log:
        "logs/{corpus}/train_ngram.log",
    benchmark:
        "results/{corpus}/benchmarks/train_ngram.tsv"
    threads: 1
    resources:
        mem_mb=memory(1100),
    params:
        options=as_options(configuration.ngram),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} {params.options} {input.corpus:q}"
