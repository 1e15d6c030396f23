package io.keylapse.campaign.checker;

import java.util.List;

/**
 * A broken promise.
 *
 * @param promise such as {@code P4}
 * @param key the id of the key; empty if the violation concerns all keys
 * @param events calls, faults and rows that prove it
 */
public record Violation(String promise, String key, String what, List<String> events) {}
