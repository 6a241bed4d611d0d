"""The lessons of docs/lessons.md: one figure and one short table each."""

LESSONS = ["two_layer_net", "counts", "word2vec", "rnnlm", "gradients"]


rule lessons:
    input:
        expand("results/lessons/{lesson}.{form}", lesson=LESSONS, form=["png", "txt"]),


rule lesson_two_layer_net:
    input:
        **code("lessons/lesson_two_layer_net.py"),
    output:
        figure=report(
            "results/lessons/two_layer_net.png",
            caption="../report/lesson_two_layer_net.rst",
            category="Lessons",
            labels={"shows": "a two-layer network on a spiral"},
        ),
        table="results/lessons/two_layer_net.txt",
    log:
        "logs/lessons/two_layer_net.log",
    benchmark:
        "results/lessons/benchmarks/two_layer_net.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        options=options({"seed": config["seed"]}),
    shell:
        "python {input.script} --log {log} --figure {output.figure} --table {output.table}"
        " {params.options}"


rule lesson_counts:
    input:
        **code("lessons/lesson_counts.py"),
    output:
        figure=report(
            "results/lessons/counts.png",
            caption="../report/lesson_counts.rst",
            category="Lessons",
            labels={"shows": "counting in one sentence"},
        ),
        table="results/lessons/counts.txt",
    log:
        "logs/lessons/counts.log",
    benchmark:
        "results/lessons/benchmarks/counts.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        options=options({"seed": config["seed"]}),
    shell:
        "python {input.script} --log {log} --figure {output.figure} --table {output.table}"
        " {params.options}"


rule lesson_word2vec:
    input:
        **code("lessons/lesson_word2vec.py"),
    output:
        figure=report(
            "results/lessons/word2vec.png",
            caption="../report/lesson_word2vec.rst",
            category="Lessons",
            labels={"shows": "predicting in one sentence"},
        ),
        table="results/lessons/word2vec.txt",
    log:
        "logs/lessons/word2vec.log",
    benchmark:
        "results/lessons/benchmarks/word2vec.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        options=options({"seed": config["seed"]}),
    shell:
        "python {input.script} --log {log} --figure {output.figure} --table {output.table}"
        " {params.options}"


rule lesson_rnnlm:
    input:
        **code("lessons/lesson_rnnlm.py"),
        corpus=f"data/{CORPUS}/corpus.h5",
    output:
        figure=report(
            "results/lessons/rnnlm.png",
            caption="../report/lesson_rnnlm.rst",
            category="Lessons",
            labels={"shows": "a language model, bare and trained"},
        ),
        table="results/lessons/rnnlm.txt",
    log:
        "logs/lessons/rnnlm.log",
    benchmark:
        "results/lessons/benchmarks/rnnlm.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        options=options({"seed": config["seed"]}),
    shell:
        "python {input.script} --log {log} --figure {output.figure} --table {output.table}"
        " {params.options} {input.corpus}"


rule lesson_gradients:
    input:
        **code("lessons/lesson_gradients.py"),
    output:
        figure=report(
            "results/lessons/gradients.png",
            caption="../report/lesson_gradients.rst",
            category="Lessons",
            labels={"shows": "gradients through time"},
        ),
        table="results/lessons/gradients.txt",
    log:
        "logs/lessons/gradients.log",
    benchmark:
        "results/lessons/benchmarks/gradients.tsv"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        options=options({"seed": config["seed"]}),
    shell:
        "python {input.script} --log {log} --figure {output.figure} --table {output.table}"
        " {params.options}"
