# Everything here runs on a fresh clone with Go alone, except for the tests
# that need the programs of `make tools`.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

# Programs that tests run for real: Kannel's boxes, file systems to cut the power of, and a
# browser, with letters of the scripts that phones write.
PACKAGES := kannel kannel-extras xfsprogs e2fsprogs chromium fonts-noto-core fonts-noto-cjk
PROGRAMS := bearerbox smsbox fakesmsc mkfs.xfs xfs_io mkfs.ext4 chromium
# Carriers' own libraries and axe-core in Node, pinned by the lock file: see `make tools`.
CARRIERS := gateway/channel/channeltest/node
FUZZTIME ?= 10s
BENCHTIME ?= 5s

.PHONY: help
help: ## Show what there is
	@echo 'make TARGET, where TARGET is one of:'
	sed -n 's/^\([a-z]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 12
	echo 'FUZZTIME=1m and BENCHTIME=20s make fuzz and bench longer.'

.PHONY: test
test: tools ## Vet and run all tests under the race detector; with CI=true none may be skipped
	@echo '== go vet'
	go vet ./...
	echo '== go test -race: unit tests, transcripts, real Kannel, crashes and power cuts; some minutes'
	go test -race -count=1 -timeout 40m ./...

.PHONY: tools
tools: ## Install the programs that tests run, when root on Debian and one is missing, and the npm packages of tests
	@missing=''
	packages=''
	export PATH="$$PATH:/usr/sbin:/sbin:/usr/lib/kannel/test"
	for program in $(PROGRAMS); do command -v "$$program" >/dev/null || missing+=" $$program"; done
	if [ -n "$$missing" ]; then packages='$(PACKAGES)'; fi
	# A Node from elsewhere is as good as Debian's, whose npm would replace it.
	if ! command -v node >/dev/null; then missing+=' node'; packages+=' nodejs'; fi
	if ! command -v npm >/dev/null; then missing+=' npm'; packages+=' npm'; fi
	if [ -n "$$missing" ] && { [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; }; then
		echo "Tests that need$$missing are skipped. To run them: apt-get install $$packages"
	elif [ -n "$$missing" ]; then
		echo "== installing $$packages, for$$missing"
		# Their daemons must not start: the tests start what they need.
		policy=/usr/sbin/policy-rc.d
		if [ ! -e "$$policy" ]; then
			trap 'rm -f "$$policy"' EXIT
			printf '#!/bin/sh\nexit 101\n' >"$$policy"
			chmod +x "$$policy"
		fi
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -q </dev/null
		apt-get install -q -y --no-install-recommends $$packages </dev/null
	fi
	if ! command -v npm >/dev/null; then exit 0; fi
	# npm ci always begins anew: it is left out while what it installed is that of the lock file.
	if cmp -s $(CARRIERS)/package-lock.json $(CARRIERS)/node_modules/.installed; then exit 0; fi
	echo "== installing the npm packages of $(CARRIERS)"
	cd $(CARRIERS)
	if npm ci --ignore-scripts --no-audit --no-fund </dev/null; then
		cp package-lock.json node_modules/.installed
	else
		echo 'Tests that need them are skipped.'
	fi

.PHONY: bench
bench: ## Whole orders over HTTP with their floors, notices sent, texts understood and lines found a second
	go test -run '^$$' -bench . -benchtime $(BENCHTIME) -timeout 40m ./cmd/haat ./gateway/parse ./gateway/console ./gateway/console/index

.PHONY: pictures
pictures: tools ## Make the console's pictures in docs/ anew, from its tests in a browser
	@dir=$$(mktemp -d)
	trap 'rm -rf "$$dir"' EXIT
	CI=true HAAT_PICTURES=$$dir go test -count=1 ./cmd/haat -run 'InBrowser|OrdersConsole'
	while read -r picture of; do cp "$$dir/$$picture.png" "docs/console-$$of.png"; done <<-'END'
		demo-log log
		takeover-dear-desktop takeover
		attention-desktop-light attention
		bulk-running bulk
		orders-desktop orders
		order-desktop order
		preview-desktop import
		overview-desktop overview
		alerts-desktop alerts
		practice-desktop practice
	END

.PHONY: fuzz
fuzz: ## Fuzz whatever parses or fits, FUZZTIME each
	@for package in $$(go list ./...); do
		for target in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do
			echo "== $$package $$target"
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$package"
		done
	done

.PHONY: run
run: ## Start haat with the sample market on 127.0.0.1:8080
	go run ./cmd/haat serve
