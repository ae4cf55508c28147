# Two commands matter to a newcomer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-postgres setup lint model serve clean

demo: setup model
	$(BIN)/jiebang migrate
	$(BIN)/jiebang demo

test: setup model
	$(BIN)/pytest -n $(WORKERS)

# What depends most on the database, on a PostgreSQL server that the tests start themselves. All of it: pytest --postgres.
test-postgres: setup
	$(BIN)/pytest --postgres -n 0 tests/test_migrations.py tests/app/test_db.py tests/app/jobs tests/app/ledger \
		tests/app/listings tests/app/requirements tests/app/responses tests/app/indexing

setup: $(STAMP)

# torch first and by itself: pip then takes the CPU build where one is offered (see docs/decisions/model.md).
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $(STAMP)

model: setup
	$(BIN)/jiebang model fetch

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

serve: setup
	$(BIN)/jiebang serve

clean:
	rm -rf $(VENV) build dist *.egg-info
