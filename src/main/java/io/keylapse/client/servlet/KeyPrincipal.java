package io.keylapse.client.servlet;

import io.keylapse.client.CheckResult;
import java.security.Principal;

/**
 * The caller of a request, as its key identifies it.
 *
 * @param key the valid key
 */
public record KeyPrincipal(CheckResult.Good key) implements Principal {
    /** The owner of the key. */
    @Override
    public String getName() {
        return key.owner();
    }
}
