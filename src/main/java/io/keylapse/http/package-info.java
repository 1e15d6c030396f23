/**
 * What both faces of the HTTP interface share: how targets and bodies are read, and how errors, instants and header values
 * are written.
 *
 * <p>{@code gateway} answers gateways, {@code management} answers operators, {@code oauth} answers who speaks OAuth, and {@code access}
 * decides who is let in. Read {@link io.keylapse.http.Problem} first.
 */
@NullMarked
package io.keylapse.http;

import org.jspecify.annotations.NullMarked;
