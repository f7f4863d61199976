.PHONY: demo test lint

# Two shops to try, at http://127.0.0.1:8080.
demo:
	cargo run --release -- demo

# Format, lints and every test; what CI runs.
test:
	scripts/test

# Without the tests.
lint:
	scripts/test lint
