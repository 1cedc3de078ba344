# Common tasks; `make help` lists them.
# Any system Python works and no environment has to be active: scripts/bootstrap.sh maintains .venv.

SHELL = /bin/sh
.DEFAULT_GOAL = help
.NOTPARALLEL:
.PHONY: help report reports test check proof bench requirements clean run-env test-env

# Settings for another Python must not affect this one.
unexport PYTHONHOME PYTHONPATH PYTHONOPTIMIZE PYTHONWARNINGS VIRTUAL_ENV

REPORT = lecture glorot_2010
WORKERS = 2
UV = uv

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]*:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

report: run-env  ## build the lecture's page, Glorot's page and an index (REPORT="lecture glorot_2010")
	@for name in $(REPORT); do .venv/bin/saturation-lab report $$name || exit; done
	@.venv/bin/saturation-lab index

reports: run-env  ## build the pages of all reports
	@$(MAKE) --no-print-directory report REPORT="lecture glorot_2010 pairs width phase"

test: test-env check  ## install the test requirements, then run `make check`

check: test-env  ## run ruff, mypy --strict, and pytest with doctests (WORKERS=2)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest -n $(WORKERS) --no-loadscope-reorder -m "not proof" --durations=10

proof: test-env  ## measure the error rates of the statistical procedures (slow; not in `make test`)
	.venv/bin/python -m pytest -n $(WORKERS) -m proof
	.venv/bin/python -m scripts.planted_faults
	.venv/bin/python -m scripts.planted_faults.weights
	.venv/bin/saturation-lab calibrate

bench: run-env  ## run all benchmarks, ten minutes (needs: .venv/bin/pip install torch==2.13.0)
	@.venv/bin/python -c "import torch" 2>/dev/null || { echo "make bench needs PyTorch:" \
	    ".venv/bin/pip install torch==2.13.0 (a CPU build is enough)" >&2; exit 1; }
	@.venv/bin/python -m benchmarks.race

requirements:  ## update the pins from pyproject.toml and requirements/*.in (UPGRADE=1: to the newest)
	@command -v "$(UV)" >/dev/null 2>&1 || { echo "make requirements needs uv:" \
	    "install it (pip install uv) or give its path: make requirements UV=/path/to/uv" >&2; exit 1; }
	$(COMPILE) --output-file requirements/run.txt pyproject.toml requirements/run.in
	$(COMPILE) --output-file requirements/test.txt --constraints requirements/run.txt \
	    pyproject.toml requirements/run.in requirements/test.in

# One version of each library for all Pythons, so that all of them compute the same numbers.
COMPILE = "$(UV)" pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
    --generate-hashes --no-header --no-emit-index-url --no-emit-find-links \
    $(if $(UPGRADE),--upgrade)

clean:  ## remove .venv, the built pages and all caches
	@if [ -e .venv/.made-by-make ]; then rm -rf .venv; fi
	@rm -rf reports/build dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name .git -prune -o -name '.venv*' -prune -o -name __pycache__ -exec rm -rf {} +

run-env:
	@sh scripts/bootstrap.sh run

test-env:
	@sh scripts/bootstrap.sh test
