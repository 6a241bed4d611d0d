"""Word vectors of each method against people's judgements, and side by side."""

VECTORS = {
    "ppmi": "data/{corpus}/ppmi.h5",
    "svd": "results/{corpus}/svd.h5",
    **{name: f"results/{{corpus}}/{name}.h5" for name in WORD2VEC},
    "gensim_cbow": "results/{corpus}/gensim_cbow.h5",
    "gensim_skipgram": "results/{corpus}/gensim_skipgram.h5",
}


rule evaluate_vectors:
    input:
        unpack(test_sets),
        **code("evaluate_vectors.py"),
        vectors=lambda wildcards: VECTORS[wildcards.method],
    output:
        "results/{corpus}/similarity/{method}.h5",
    log:
        "logs/{corpus}/evaluate_vectors_{method}.log",
    benchmark:
        "results/{corpus}/benchmarks/evaluate_vectors_{method}.tsv"
    wildcard_constraints:
        method="|".join(VECTORS),
    threads: 1
    resources:
        mem_mb=2000,
    params:
        options=lambda wildcards: options(
            {
                **test_sets(wildcards),
                "queries": config["corpora"][wildcards.corpus]["queries"],
                "neighbours": config["evaluation"]["neighbours"],
            }
        ),
    shell:
        "python {input.script} --log {log} --output {output} {params.options} -- {input.vectors}"


rule tabulate_vectors:
    input:
        unpack(vector_scores),
        **code("tabulate_vectors.py"),
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
        benchmarks=vector_benchmarks,
    shell:
        "python {input.script} --log {log} --output {output} --corpus {input.corpus}"
        " {params.benchmarks} -- {input.similarity}"


rule sweep:
    input:
        f"results/{CORPUS}/vector_sweep.txt",
        f"results/{CORPUS}/figures/vector_sweep.png",


rule sweep_vectors:
    input:
        unpack(rated_sets),
        **code("sweep_vectors.py"),
        corpus="data/{corpus}/corpus.h5",
    output:
        "results/{corpus}/vector_sweep.tsv",
    log:
        "logs/{corpus}/sweep_vectors.log",
    benchmark:
        "results/{corpus}/benchmarks/sweep_vectors.tsv"
    threads: config["threads"]
    resources:
        mem_mb=4000,
    params:
        options=lambda wildcards: options(
            {
                **config["sweep"],
                **rated_sets(wildcards),
                "dimension": settings_of(wildcards.corpus, "svd")["dimension"],
                "seed": config["seed"],
            }
        ),
    shell:
        "python {input.script} --log {log} --output {output} --threads {threads} {params.options}"
        " -- {input.corpus}"


rule tabulate_sweep:
    input:
        **code("tabulate_sweep.py"),
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
