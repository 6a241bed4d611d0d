"""Where the texts come from, downloaded, generated or a person's own, and their word ids."""

DOWNLOADS = texts.downloads()
SIZES = texts.download_sizes()


# The checksum alone decides what the file is: neither an edit of code nor another address fetches it again.
rule download_file:
    input:
        script=ancient(code("corpus/download_file.py")["script"]),
    output:
        "data/{path}",
    log:
        "logs/{path}.log",
    benchmark:
        "results/benchmarks/{path}.tsv"
    wildcard_constraints:
        path=names(DOWNLOADS),
    localrule: True
    threads: 1
    resources:
        mem_mb=memory(100),
    params:
        sha256=lambda wildcards: DOWNLOADS[wildcards.path][0],
        origins=lambda wildcards, input: DOWNLOADS[wildcards.path][1],
        size=lambda wildcards, input: SIZES[wildcards.path],
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} --sha256 {params.sha256:q}"
        " --size {params.size:q} --origins {params.origins:q} -- {wildcards.path:q}"


rule generate_sample:
    input:
        **code("corpus/generate_sample.py"),
    output:
        gold="data/{corpus}/gold.h5",
        train="data/{corpus}/train.txt",
        valid="data/{corpus}/valid.txt",
        test="data/{corpus}/test.txt",
    log:
        "logs/{corpus}/generate_sample.log",
    benchmark:
        "results/{corpus}/benchmarks/generate_sample.tsv"
    wildcard_constraints:
        corpus=names(texts.generated),
    threads: 1
    resources:
        mem_mb=memory(600),
    params:
        options=lambda wildcards: seeded(
            {"tokens": configuration.corpora[wildcards.corpus].tokens}
        ),
    shell:
        "python {input.script:q} --log {log:q} --output {output.gold:q} {params.options}"
        " --train {output.train:q} --valid {output.valid:q} --test {output.test:q}"


rule tokenize_corpus:
    input:
        unpack(lambda wildcards: texts.inputs(wildcards.corpus)),
        **code("corpus/tokenize_corpus.py"),
    output:
        "data/{corpus}/corpus.h5",
    log:
        "logs/{corpus}/tokenize_corpus.log",
    benchmark:
        "results/{corpus}/benchmarks/tokenize_corpus.tsv"
    threads: 1
    resources:
        mem_mb=memory(600),
    params:
        options=lambda wildcards: texts.tokenization(wildcards.corpus),
        program=lambda wildcards: texts.program(wildcards.corpus),
    shell:
        "python {input.script:q} --log {log:q} --output {output:q} {params.options}"
