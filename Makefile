# make run      train on the sample corpus and print the table (make run CORPUS=ptb for the Penn Treebank)
# make test     all tests and lints
# make test-cluster   trainings of several processes, by mpirun
# make avx2     the tests of the kernels as on a processor without AVX-512
# make test-browser   the page of a corpus in a headless Chromium, with the packages chromium and chromium-driver
# make fuzz     look for inputs that go wrong, for FUZZ_MINUTES=30 with FUZZ_SEED=1
# make crash    fail each call to the disk of a whole small graph, an hour or two
# make bench    times beside other programs
# make gpu      test and time a GPU, in nine minutes; writes results/gpu/gpu.jsonl
# make docs     the documentation site, in site/index.html
# make settings the JSON Schema and the reference page of the settings, after an edit of their classes
# make scale    speed and memory on texts of 1, 10 and 100 million tokens
CORPUS ?= sample
PYTHON ?= python3
VENV := .venv
CORES ?= 4
FUZZ_MINUTES ?= 30
FUZZ_SEED ?= 1
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: run test test-cluster avx2 test-browser fuzz crash lint docs settings bench gpu scale lock clean

run: $(VENV)/ready
	snakemake --cores $(CORES) --quiet host rules --config corpus=$(CORPUS) -- results/rnnlm_ppl.txt
	@cat results/rnnlm_ppl.txt

test: lint docs
	pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

test-cluster: $(VENV)/ready
	pytest tests/cluster

avx2: $(VENV)/ready
	python benchmarks/isa.py avx2 pytest tests/contracts

test-browser: $(VENV)/ready
	pip install --quiet --editable '.[browser]'
	pytest tests/browser

fuzz: $(VENV)/ready
	python tests/fuzz/run.py --minutes $(FUZZ_MINUTES) --seed $(FUZZ_SEED)

crash: $(VENV)/ready
	python tests/crash/crash.py

lint: $(VENV)/ready
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow

# Not with --quiet: warnings that are not shown do not fail the build.
docs: $(VENV)/ready
	mkdocs build

settings: $(VENV)/ready
	lexloom settings --format schema > config/config.schema.json
	lexloom settings --format markdown > docs/reference/settings.md

bench: $(VENV)/ready
	pip install --quiet --editable '.[bench]'
	python benchmarks/run_all.py

# Without $(VENV)/ready: it also runs where nothing can be installed.
gpu:
	PYTHONPATH=src $(PYTHON) benchmarks/gpu.py

scale: $(VENV)/ready
	python benchmarks/scale.py

lock: $(VENV)/ready
	pip install --quiet uv
	uv pip compile pyproject.toml --extra test --extra docs --universal --generate-hashes --no-header --no-annotate \
	    --upgrade --output-file requirements.lock

# The programs that pip installs start through a shell, with their path in double quotes.
$(VENV)/ready: requirements.lock pyproject.toml
	@case "$$PWD" in *[[:cntrl:]\"\$$\`\\:]*) \
	    echo 'the path of this folder has one of " $$ ` \ : or a control character; move the folder' >&2; exit 1;; esac
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) .snakemake data results logs site
