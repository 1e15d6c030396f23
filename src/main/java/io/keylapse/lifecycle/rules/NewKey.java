package io.keylapse.lifecycle.rules;

import io.keylapse.registry.KeyDetails;

/** A requested key. */
public record NewKey(String owner, KeyDetails details, Deadline deadline) {}
