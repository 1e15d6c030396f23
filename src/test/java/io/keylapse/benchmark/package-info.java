/** Measurements that the scripts in {@code benchmarks/} run. They are not tests: they neither pass nor fail. */
@NullMarked
package io.keylapse.benchmark;

import org.jspecify.annotations.NullMarked;
