package io.keylapse.campaign.checker;

import java.util.List;

/**
 * A promise that was not kept.
 *
 * @param promise such as {@code P4}
 * @param key whose; empty when it concerns all
 * @param events calls, faults and rows that show it
 */
public record Violation(String promise, String key, String what, List<String> events) {}
