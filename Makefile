# make demo: the whole line on the sample workspace, then the chat page.  make test: all checks.  Both begin with setup.
# TORCH_INDEX=URL takes PyTorch from another package index (docs/how-to/install.md says when that is wanted).

PYTHON      ?= python3
VENV        ?= .venv
TORCH       := 2.13.0
TORCH_INDEX ?=
DEMO_ARGS   ?=
# A test file of a whole page of the documentation takes minutes: what waits behind one is taken by the other process.
PYTEST_ARGS ?= -n 2 --dist worksteal

BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
STAMPS := $(VENV)/.stamps
BUILD  := setuptools==84.2.1

# An installed build of PyTorch is kept unless another index is asked for.
ifeq ($(TORCH_INDEX),)
TORCH_STAMP := $(firstword $(wildcard $(STAMPS)/torch-$(TORCH)-*) $(STAMPS)/torch-$(TORCH)-default)
else
TORCH_STAMP := $(STAMPS)/torch-$(TORCH)-$(notdir $(TORCH_INDEX:/=))
endif

PACKS := en multi
PACK_FILES := $(shell find $(PACKS:%=models/%/src) $(PACKS:%=models/%/pyproject.toml) -type f \
	-not -path '*.egg-info/*' -not -path '*/__pycache__/*')

.PHONY: setup demo test lint browser screenshots clean
.DELETE_ON_ERROR:

setup: $(STAMPS)/project $(STAMPS)/pack
	@echo "Ready: $(BIN)/autogpt"

demo: setup
	$(BIN)/autogpt demo $(DEMO_ARGS)

# In UTF-8 mode, since a library that changes the locale of the process must not change how tests read files. One thread
# each: processes that compute with as many threads as there are cores wait for each other.
test: setup lint browser
	PYTHONUTF8=1 OMP_NUM_THREADS=1 $(BIN)/pytest $(PYTEST_ARGS)

lint: $(STAMPS)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The browser that the tests of the chat page drive, and a font for the Chinese that they look at.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || .ci/packages chromium || \
	{ echo "The tests of the chat page need Chromium. Install it with: sudo apt-get install chromium"; exit 1; }
	@[ -n "$$(fc-list :lang=zh 2>/dev/null)" ] || .ci/packages fontconfig fonts-noto-cjk || \
	{ echo "They also need a Chinese font. Install one with: sudo apt-get install fontconfig fonts-noto-cjk"; exit 1; }

# The pictures of the pages in README and docs.
screenshots: setup $(STAMPS)/test browser
	$(BIN)/python tools/screenshots.py

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install $(BUILD)
	@mkdir -p $(STAMPS) && touch $@

# Without its dependencies: they come with the project's, pinned, from the usual index.
$(TORCH_STAMP): $(STAMPS)/venv
	$(PIP) install --no-deps --force-reinstall $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch==$(TORCH)
	@rm -f $(STAMPS)/torch-* && touch $@

$(STAMPS)/project: $(TORCH_STAMP) pyproject.toml constraints.txt
	$(PIP) install -c constraints.txt --no-build-isolation -e '.[serve,train]'
	@touch $@

$(STAMPS)/test: $(STAMPS)/project
	$(PIP) install -c constraints.txt --no-build-isolation -e '.[serve,train,test]'
	@touch $@

$(STAMPS)/pack: $(STAMPS)/project $(PACK_FILES)
	$(PIP) install --no-deps --no-build-isolation --force-reinstall $(PACKS:%=./models/%)
	for pack in $(PACKS); do $(BIN)/autogpt models prepare $$pack || exit 1; done
	@touch $@

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find models src -name '*.egg-info' -prune -exec rm -rf {} +
	find models src tests tools -name __pycache__ -prune -exec rm -rf {} +
