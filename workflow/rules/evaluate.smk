"""Word vectors of each method against people's judgements, and side by side."""

VECTORS = {
    "ppmi": "data/{corpus}/ppmi.h5",
    "svd": "results/{corpus}/svd.h5",
    **{name: f"results/{{corpus}}/{name}.h5" for name in WORD2VEC["models"]},
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
