#!/usr/bin/env bash
# Measures what recording expiries costs Postgres with one node and with several.
# Usage: benchmarks/several-nodes.sh [nodes] [expiries per second] [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -q -Pbenchmark process-test-classes \
    -Dbenchmark="io.keylapse.benchmark.SeveralNodesCost ${1:-3} ${2:-1000} ${3:-3}"
