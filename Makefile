# SPDX-License-Identifier: Apache-2.0
# make demo   install what is missing, build, and run the fraud-detection pipeline
# make test   install what is missing, build, and pass every test
# make bench  build, and measure libkf beside kfp
# make asan, make tsan  run the tests in C under sanitizers (docs/developing.md)
BUILD ?= build
VENV ?= .venv
export KF_HOME ?= $(CURDIR)/$(BUILD)/demo-home

.PHONY: all setup build install demo test bench asan tsan clean
all: build

setup:
	@tools/setup $(VENV)

build: setup
	@tools/build $(BUILD)

demo: setup
	@tools/demo $(BUILD) $(VENV)

test: build
	@tools/test $(BUILD) $(VENV)

bench: build
	@tools/bench $(BUILD) $(VENV)

asan: setup
	@tools/sanitize $(BUILD)-asan address,undefined $(TESTS)

tsan: setup
	@tools/sanitize $(BUILD)-tsan thread $(TESTS)

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(VENV)
