/**
 * HTTP/1 connections: one request at a time, unambiguous framing, and limits on the time and memory that a client can cost.
 *
 * <p>These Netty handlers sit behind the decoder on every port. Read {@link io.keylapse.http.connection.RequestSequencer}
 * first.
 */
@NullMarked
package io.keylapse.http.connection;

import org.jspecify.annotations.NullMarked;
