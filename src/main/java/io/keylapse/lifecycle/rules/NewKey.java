package io.keylapse.lifecycle.rules;

import io.keylapse.registry.KeyDetails;

/** A key as it is asked for. */
public record NewKey(String owner, KeyDetails details, Deadline deadline) {}
