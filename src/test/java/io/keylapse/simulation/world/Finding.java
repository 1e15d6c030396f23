package io.keylapse.simulation.world;

import java.util.List;
import java.util.Map;

/**
 * The result of a history.
 *
 * @param violations the broken promises
 * @param trace everything that happened, if requested
 * @param counts the number of operations of each kind
 */
public record Finding(long seed, List<String> violations, List<String> trace, Map<String, Long> counts) {}
