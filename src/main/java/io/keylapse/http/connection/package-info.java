/**
 * HTTP/1 connections: one request at a time, unambiguous framing, and a limit on everything a client can make us wait for or
 * keep.
 *
 * <p>These handlers stand between the decoder and whoever answers, on every port. Read {@link
 * io.keylapse.http.connection.RequestSequencer} first.
 */
@NullMarked
package io.keylapse.http.connection;

import org.jspecify.annotations.NullMarked;
