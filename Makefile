# Each target sets up what it needs in .venv; nothing is activated or installed by hand.
# PYTHON=python3.12 chooses the interpreter, ARGS="-k search" goes to pytest.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test test-clusters lint bench clean

# The main job, on SQLite unless the environment names another database.
# TEXT=path... trains on other text than the standard library of Python.
LIBRARY = $(shell $(BIN)/python -c "import sysconfig; print(sysconfig.get_path('stdlib'))")
TEXT ?= $(LIBRARY)/*.py $(LIBRARY)/asyncio/*.py $(LIBRARY)/email/*.py $(LIBRARY)/multiprocessing/*.py
run: export DATABASE_PATH ?= run/bedplate.db
run: .venv/.ready
	@mkdir -p run
	bedplate upgrade
	bedplate corpus add $(TEXT)
	bedplate train --order 5
	bedplate generate --prompt "def " --length 400 --seed 1
	bedplate search '"import os"'
	bedplate status

# Every database that is there, several at once; see CONTRIBUTING.md. A process waits for
# its server half of the time, so there are twice as many as processors.
WORKERS ?= $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN))
test: .venv/.ready
	pytest --numprocesses $(WORKERS) --dist loadgroup $(ARGS)

# The training suite behind PgBouncer and on three nodes of Galera, and what only they do.
test-clusters: .venv/.ready
	pytest --numprocesses 2 --dist loadgroup --db pgbouncer,galera \
		tests/training tests/clusters $(ARGS)

lint: .venv/.ready
	ruff check
	ruff format --check
	mypy --strict src tests
	lint-imports

# What each main operation costs beside the bare driver; SUBJECTS="metrics" for some.
# The peers come with: .venv/bin/pip install -r benchmarks/requirements.txt
SUBJECTS ?= ngram_merge counting probabilities generation metrics calls claims corpora searching
bench: .venv/.ready
	for subject in $(SUBJECTS); do \
		python benchmarks/$$subject.py $(ARGS) || exit 1; \
	done

clean:
	rm -rf .venv run build dist .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.ready: pyproject.toml
	sh .ci/venv $(PYTHON)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,dev]'
	@touch $@
