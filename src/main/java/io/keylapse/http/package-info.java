/**
 * What all HTTP endpoints share: reading targets and bodies, and writing errors, instants and header values.
 *
 * <p>{@code gateway} serves gateways, {@code management} admins, {@code holder} key holders and {@code oauth} OAuth clients;
 * {@code access} authenticates callers and checks their permissions. Read {@link io.keylapse.http.Problem} first.
 */
@NullMarked
package io.keylapse.http;

import org.jspecify.annotations.NullMarked;
