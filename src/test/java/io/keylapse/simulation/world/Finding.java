package io.keylapse.simulation.world;

import java.util.List;
import java.util.Map;

/**
 * What came of a history.
 *
 * @param violations the promises that it broke
 * @param trace all that happened, if it was asked for
 * @param counts what was done how often
 */
public record Finding(long seed, List<String> violations, List<String> trace, Map<String, Long> counts) {}
