"""The lessons of docs/lessons.md: one figure and one short table each."""

LESSONS = {
    "two_layer_net": "a two-layer network on a spiral",
    "counts": "counting in one sentence",
    "word2vec": "predicting in one sentence",
    "rnnlm": "a language model, bare and trained",
    "gradients": "gradients through time",
}


rule lessons:
    input:
        expand("results/lessons/{lesson}.{form}", lesson=LESSONS, form=["png", "txt"]),


# Only the lesson on language models reads a corpus.
rule lesson:
    input:
        unpack(lambda wildcards: code(f"lessons/{wildcards.lesson}.py")),
        corpus=lambda wildcards: (
            f"data/{CORPUS}/corpus.h5" if wildcards.lesson == "rnnlm" else []
        ),
    output:
        figure=report(
            "results/lessons/{lesson}.png",
            caption="../report/lesson.rst",
            category="Lessons",
            labels=lambda wildcards: {"shows": LESSONS[wildcards.lesson]},
        ),
        table="results/lessons/{lesson}.txt",
        page=report(
            "results/lessons/{lesson}.html",
            caption="../report/lesson.rst",
            category="Lessons",
            labels=lambda wildcards: {"shows": f"{LESSONS[wildcards.lesson]}, table"},
        ),
    log:
        "logs/lessons/{lesson}.log",
    benchmark:
        "results/lessons/benchmarks/{lesson}.tsv"
    wildcard_constraints:
        lesson=names(LESSONS),
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(600),
    params:
        options=seeded(),
    shell:
        "python {input.script:q} --log {log:q} --figure {output.figure:q} --table {output.table:q}"
        " --page {output.page:q} {params.options} {input.corpus:q}"
