"""Contexts and targets, and the word vectors learned from them."""

WORD2VEC = config["word2vec"]


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
        options=options({"window": WORD2VEC["window"]}),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} {input.corpus}"


rule train_cbow:
    input:
        **code("train_word2vec.py"),
        contexts="data/{corpus}/contexts.h5",
    output:
        "results/{corpus}/cbow.h5",
    log:
        "logs/{corpus}/train_cbow.log",
    benchmark:
        "results/{corpus}/benchmarks/train_cbow.tsv"
    threads: config["threads"]
    resources:
        **DEVICE,
        mem_mb=2000,
    params:
        options=options(
            WORD2VEC["cbow"]
            | config["vectors"]
            | {"model": "cbow", "seed": config["seed"]}
        ),
    shell:
        "python {input.script} --log {log} --threads {threads} --device {resources.device}"
        " --output {output} {params.options} {input.contexts}"


rule train_skipgram:
    input:
        **code("train_word2vec.py"),
        contexts="data/{corpus}/contexts.h5",
    output:
        "results/{corpus}/skipgram.h5",
    log:
        "logs/{corpus}/train_skipgram.log",
    benchmark:
        "results/{corpus}/benchmarks/train_skipgram.tsv"
    threads: config["threads"]
    resources:
        **DEVICE,
        mem_mb=2000,
    params:
        options=options(
            WORD2VEC["skipgram"]
            | config["vectors"]
            | {"model": "skip-gram", "seed": config["seed"]}
        ),
    shell:
        "python {input.script} --log {log} --threads {threads} --device {resources.device}"
        " --output {output} {params.options} {input.contexts}"
