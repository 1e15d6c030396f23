#!/usr/bin/env bash
# How fast an emptied Redis is filled again from Postgres, beside how fast Redis can take keys at all.
# Usage: benchmarks/resync.sh [keys] [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -q -Pbenchmark process-test-classes -Dbenchmark="io.keylapse.benchmark.ResyncSpeed ${1:-1000000} ${2:-5}"
