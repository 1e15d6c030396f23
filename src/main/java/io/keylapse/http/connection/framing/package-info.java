/**
 * Which messages are requests in HTTP/1, and the responses to those that are not.
 *
 * <p>Read {@link io.keylapse.http.connection.framing.Framing} first.
 */
@NullMarked
package io.keylapse.http.connection.framing;

import org.jspecify.annotations.NullMarked;
