"""Word vectors, counted and learned, and how they are scored."""

from lexloom.settings.counts import Pairs

SHARDS = configuration.counts.shards
WORD2VEC = word_vectors.runs.settings
GENSIM = word_vectors.gensim_runs.settings


rule count_shard:
    input:
        **code("vectors/count_shard.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        temp("data/{corpus}/shards/{shard}-of-{shards}.h5"),
    log:
        "logs/{corpus}/count_shard_{shard}-of-{shards}.log",
    benchmark:
        "results/{corpus}/benchmarks/count_shard_{shard}-of-{shards}.tsv"
    threads: configuration.threads
    resources:
        mem_mb=memory(600 + configuration.counts.memory_mb),
        memory_mb=configuration.counts.memory_mb,
    params:
        options=own("counts", Pairs),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} --threads {threads}"
        " --memory-mb {resources.memory_mb} --shard {wildcards.shard:q} --shards {wildcards.shards:q}"
        " {params.options} {input.corpus:q}"


# Counts by itself where there is one shard, and adds up the shards where there are more.
rule count_cooccurrences:
    input:
        **code("vectors/count_cooccurrences.py"),
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
    threads: configuration.threads
    resources:
        mem_mb=memory(600 + configuration.counts.memory_mb),
        memory_mb=configuration.counts.memory_mb,
    params:
        options=own("counts"),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} --threads {threads}"
        " --memory-mb {resources.memory_mb} {params.options} --shards {input.shards:q} -- {input.corpus:q}"


rule weight_ppmi:
    input:
        **code("vectors/weight_ppmi.py"),
        counts="data/{corpus}/cooccurrences.h5",
    output:
        "data/{corpus}/ppmi.h5",
    log:
        "logs/{corpus}/weight_ppmi.log",
    benchmark:
        "results/{corpus}/benchmarks/weight_ppmi.tsv"
    threads: 1
    resources:
        mem_mb=memory(600),
    params:
        options=own("ppmi"),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} {params.options} {input.counts:q}"


rule factorize_svd:
    input:
        **code("vectors/factorize_svd.py"),
        ppmi="data/{corpus}/ppmi.h5",
    output:
        "results/{corpus}/svd.h5",
    log:
        "logs/{corpus}/factorize_svd.log",
    benchmark:
        "results/{corpus}/benchmarks/factorize_svd.tsv"
    threads: configuration.threads
    resources:
        mem_mb=memory(1100),
    params:
        options=lambda wildcards: seeded(
            configuration.own("svd", wildcards.corpus), configuration.vectors
        ),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} --threads {threads}"
        " {params.options} {input.ppmi:q}"


rule create_contexts:
    input:
        **code("vectors/create_contexts.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "data/{corpus}/contexts.h5",
    log:
        "logs/{corpus}/create_contexts.log",
    benchmark:
        "results/{corpus}/benchmarks/create_contexts.tsv"
    threads: 1
    resources:
        mem_mb=memory(600),
    params:
        options=own("contexts"),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} {params.options} {input.corpus:q}"


rule train_word2vec:
    input:
        unpack(lambda wildcards: word_vectors.start(wildcards.vectors)),
        **code("vectors/train_word2vec.py"),
        contexts="data/{corpus}/contexts.h5",
    output:
        "results/{corpus}/{vectors}.h5",
    log:
        "logs/{corpus}/train_{vectors}.log",
    benchmark:
        "results/{corpus}/benchmarks/train_{vectors}.tsv"
    wildcard_constraints:
        vectors=names(WORD2VEC),
    threads: configuration.threads
    resources:
        **DEVICE,
        **shared_training(
            configuration.ranks,
            lambda wildcards: WORD2VEC[wildcards.vectors]["parts"],
            megabytes=1100,
        ),
        checkpoint_minutes=configuration.checkpoint_minutes,
    params:
        options=lambda wildcards: seeded(
            WORD2VEC[wildcards.vectors], configuration.vectors
        ),
        start=lambda wildcards: word_vectors.start_sha256(wildcards.vectors),
        launch=launch,
    shell:
        "{params.launch} python {input.script:q} --log {log:q} --threads {threads}"
        " --device {resources.device:q} --checkpoint-minutes {resources.checkpoint_minutes}"
        " --keep-finished --output {output:q} {params.options} {input.contexts:q}"


# One worker, and so one thread: with more, results differ between runs.
rule train_gensim:
    input:
        **code("vectors/train_gensim.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/{vectors}.h5",
    log:
        "logs/{corpus}/train_{vectors}.log",
    benchmark:
        "results/{corpus}/benchmarks/train_{vectors}.tsv"
    wildcard_constraints:
        vectors=names(GENSIM),
    threads: 1
    resources:
        mem_mb=memory(600),
    params:
        options=lambda wildcards: seeded(GENSIM[wildcards.vectors]),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} {params.options} {input.corpus:q}"


rule evaluate_vectors:
    input:
        unpack(lambda wildcards: word_vectors.evaluated_by(wildcards.corpus)),
        **code("vectors/evaluate_vectors.py"),
        vectors=lambda wildcards: word_vectors.path(wildcards.corpus, wildcards.method),
    output:
        "results/{corpus}/similarity/{method}.h5",
    log:
        "logs/{corpus}/evaluate_vectors_{method}.log",
    benchmark:
        "results/{corpus}/benchmarks/evaluate_vectors_{method}.tsv"
    wildcard_constraints:
        method=names(word_vectors.names),
    threads: 1
    resources:
        mem_mb=memory(600),
    params:
        options=lambda wildcards: word_vectors.evaluation(wildcards.corpus),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} {params.options} -- {input.vectors:q}"


rule sweep_vectors:
    input:
        unpack(lambda wildcards: word_vectors.rated_sets(wildcards.corpus)),
        **code("vectors/sweep_vectors.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/vector_sweep.tsv",
    log:
        "logs/{corpus}/sweep_vectors.log",
    benchmark:
        "results/{corpus}/benchmarks/sweep_vectors.tsv"
    threads: configuration.threads
    resources:
        mem_mb=memory(2600),
    params:
        options=lambda wildcards: seeded(
            configuration.sweep,
            word_vectors.rated_sets(wildcards.corpus),
            {"dimension": configuration.own("svd", wildcards.corpus).dimension},
        ),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} --threads {threads} {params.options}"
        " -- {input.corpus:q}"
