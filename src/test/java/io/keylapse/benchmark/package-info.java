/** What the scripts in {@code benchmarks/} run. No test: nothing here passes or fails. */
@NullMarked
package io.keylapse.benchmark;

import org.jspecify.annotations.NullMarked;
