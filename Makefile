# Everything a person or CI does with this project. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
export GOFLAGS := $(shell cat scripts/goflags)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## build and serve the sample organisation at http://127.0.0.1:8080
	@scripts/engine.sh background
	@WAYMARK_LOG_LEVEL=$${WAYMARK_LOG_LEVEL:-warn} exec ./bin/waymark serve --sample

build: ## build bin/waymark
	@echo "Building Waymark. The first time this compiles everything and takes a few minutes; later seconds."
	@go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

test: ## everything that must hold: format, vet, staticcheck, generated files, tests, whole-system tests
	@scripts/test.sh

lint: ## format, vet, staticcheck and generated files only
	@scripts/lint.sh

gen: ## make the generated files anew
	@go tool templ generate
	@go run ./cmd/waymark config --markdown > docs-content/reference/configuration.md

dev: ## serve the sample organisation and build again when a file changes
	@scripts/dev.sh

engine: ## build OpenTofu into bin/tofu (3 to 5 minutes)
	@scripts/engine.sh foreground

bench: build ## measure, and print the table of specs/performance.md for what exists
	@go run ./bench

shots: build ## screenshots of every page into shots/: light, dark and 360 px
	@cd e2e && WAYMARK_SHOTS=$(CURDIR)/shots go test -count=1 -run TestShots -v ./...

clean: ## remove what was built
	@rm -rf bin shots

.PHONY: help run build test lint gen dev engine bench shots clean
