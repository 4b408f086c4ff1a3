# Everything a developer types. Each target does its own set-up and is safe to run again.
.PHONY: setup demo phone test test-train check format bench clean
PY := .venv/bin/python

setup:            ## packages, LiveKit server, recognition bundles, page, compiled kernels
	@scripts/setup

demo: setup       ## server, agent and page on this machine; prints the address to open
	@.venv/bin/visavis demo

phone:            ## the agent on the phone, on this machine; prints what to enter in a softphone
	@scripts/setup --phone
	@.venv/bin/visavis phone

test:             ## unit, call, page and phone tests (no torch, no GPU)
	@scripts/setup --phone
	@scripts/test

test-train:       ## tests of the training wing (installs torch)
	@scripts/setup --train
	@scripts/test-train

check: setup      ## formatter, linter, types, import rules, page
	@scripts/check

bench: setup      ## the figures of docs/benchmarks.md
	@.venv/bin/visavis bench

format:           ## put the code in order
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

clean:            ## what set-up made inside the checkout (the per-user cache stays)
	rm -rf .venv web-demo/node_modules web-demo/dist
