/**
 * How connections to Postgres are made: timeouts on the server, poolers, retries, and refusal of a wrong server.
 *
 * <p>Read {@link io.keylapse.registry.sql.connect.ReconnectingDataSource} first.
 */
@NullMarked
package io.keylapse.registry.sql.connect;

import org.jspecify.annotations.NullMarked;
