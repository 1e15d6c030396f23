#!/usr/bin/env bash
# What recording expiries costs Postgres with one node, and with several that share the work.
# Usage: benchmarks/several-nodes.sh [nodes] [expiries a second] [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -q -Pbenchmark process-test-classes \
    -Dbenchmark="io.keylapse.benchmark.SeveralNodesCost ${1:-3} ${2:-1000} ${3:-3}"
