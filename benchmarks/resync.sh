#!/usr/bin/env bash
# Measures how fast an empty Redis is rebuilt from Postgres, and how fast Redis can store keys at all.
# Usage: benchmarks/resync.sh [keys] [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -q -Pbenchmark process-test-classes -Dbenchmark="io.keylapse.benchmark.ResyncSpeed ${1:-1000000} ${2:-5}"
