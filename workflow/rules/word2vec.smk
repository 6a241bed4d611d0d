"""Contexts and targets, and the word vectors learned from them."""

WORD2VEC = config["word2vec"]["models"]


rule create_contexts:
    input:
        **code("create_contexts.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "data/{corpus}/contexts.h5",
    log:
        "logs/{corpus}/create_contexts.log",
    benchmark:
        "results/{corpus}/benchmarks/create_contexts.tsv"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        options=lambda wildcards: options(settings_of(wildcards.corpus, "contexts")),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} {input.corpus}"


rule train_word2vec:
    input:
        unpack(start),
        **code("train_word2vec.py"),
        contexts="data/{corpus}/contexts.h5",
    output:
        "results/{corpus}/{vectors}.h5",
    log:
        "logs/{corpus}/train_{vectors}.log",
    benchmark:
        "results/{corpus}/benchmarks/train_{vectors}.tsv"
    wildcard_constraints:
        vectors="|".join(WORD2VEC),
    threads: config["threads"]
    resources:
        **DEVICE,
        checkpoint_minutes=config["checkpoint_minutes"],
        mem_mb=2000,
    params:
        options=lambda wildcards: options(
            WORD2VEC[wildcards.vectors] | config["vectors"] | {"seed": config["seed"]}
        ),
    shell:
        "python {input.script} --log {log} --threads {threads} --device {resources.device}"
        " --checkpoint-minutes {resources.checkpoint_minutes} --output {output} {params.options} {input.contexts}"


# One worker, and so one thread: with more, gensim gives other bits each time.
rule train_gensim:
    input:
        **code("train_gensim.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/gensim_{architecture}.h5",
    log:
        "logs/{corpus}/train_gensim_{architecture}.log",
    benchmark:
        "results/{corpus}/benchmarks/train_gensim_{architecture}.tsv"
    wildcard_constraints:
        architecture="cbow|skipgram",
    threads: 1
    resources:
        mem_mb=2000,
    params:
        options=lambda wildcards: options(
            config["gensim"][wildcards.architecture]
            | {
                "model": {"cbow": "cbow", "skipgram": "skip-gram"}[
                    wildcards.architecture
                ],
                "seed": config["seed"],
            }
        ),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} {input.corpus}"
