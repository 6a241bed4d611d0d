"""Counted word vectors: pairs of near words, their PPMI, and its truncated SVD."""

SHARDS = config["counts"]["shards"]


rule count_shard:
    input:
        **code("count_shard.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        temp("data/{corpus}/shards/{shard}-of-{shards}.h5"),
    log:
        "logs/{corpus}/count_shard_{shard}-of-{shards}.log",
    benchmark:
        "results/{corpus}/benchmarks/count_shard_{shard}-of-{shards}.tsv"
    threads: config["threads"]
    resources:
        mem_mb=1000 + config["counts"]["memory_mb"],
        memory_mb=config["counts"]["memory_mb"],
    params:
        options=lambda wildcards: counting(wildcards, ("window", "weighting")),
    shell:
        "python {input.script} --log {log} --output {output} --threads {threads}"
        " --memory-mb {resources.memory_mb} --shard {wildcards.shard} --shards {wildcards.shards}"
        " {params.options} {input.corpus}"


# Counts by itself where there is one shard, and adds up the shards where there are more.
rule count_cooccurrences:
    input:
        **code("count_cooccurrences.py"),
        corpus="data/{corpus}/corpus.h5",
        shards=expand(
            "data/{{corpus}}/shards/{shard}-of-{shards}.h5",
            shard=range(1, SHARDS + 1) if SHARDS > 1 else [],
            shards=SHARDS,
        ),
    output:
        "data/{corpus}/cooccurrences.h5",
    log:
        "logs/{corpus}/count_cooccurrences.log",
    benchmark:
        "results/{corpus}/benchmarks/count_cooccurrences.tsv"
    threads: config["threads"]
    resources:
        mem_mb=1000 + config["counts"]["memory_mb"],
        memory_mb=config["counts"]["memory_mb"],
    params:
        options=counting,
    shell:
        "python {input.script} --log {log} --output {output} --threads {threads}"
        " --memory-mb {resources.memory_mb} {params.options} --shards {input.shards} -- {input.corpus}"


rule weight_ppmi:
    input:
        **code("weight_ppmi.py"),
        counts="data/{corpus}/cooccurrences.h5",
    output:
        "data/{corpus}/ppmi.h5",
    log:
        "logs/{corpus}/weight_ppmi.log",
    benchmark:
        "results/{corpus}/benchmarks/weight_ppmi.tsv"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        options=lambda wildcards: options(settings_of(wildcards.corpus, "ppmi")),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} {input.counts}"


rule factorize_svd:
    input:
        **code("factorize_svd.py"),
        ppmi="data/{corpus}/ppmi.h5",
    output:
        "results/{corpus}/svd.h5",
    log:
        "logs/{corpus}/factorize_svd.log",
    benchmark:
        "results/{corpus}/benchmarks/factorize_svd.tsv"
    threads: config["threads"]
    resources:
        mem_mb=4000,
    params:
        options=lambda wildcards: options(
            settings_of(wildcards.corpus, "svd")
            | config["vectors"]
            | {"seed": config["seed"]}
        ),
    shell:
        "python {input.script} --log {log} --output {output} --threads {threads} {params.options} {input.ppmi}"
