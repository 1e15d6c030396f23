/**
 * What both faces of the HTTP interface share: how errors, instants and header values are written.
 *
 * <p>{@code gateway} answers gateways, {@code management} answers operators, {@code oauth} answers who speaks OAuth, and {@code access}
 * lets these two in. Read {@link io.keylapse.http.Problem} first.
 */
@NullMarked
package io.keylapse.http;

import org.jspecify.annotations.NullMarked;
