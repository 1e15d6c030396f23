/**
 * Client of Keylapse for gateways and services on the JVM. It is a jar of its own, runs on Java 17 and needs nothing but
 * the JDK. Read {@link io.keylapse.client.KeylapseClient} first.
 *
 * <p>Nothing here may use the rest of Keylapse, or Java newer than 17.
 */
@NullMarked
package io.keylapse.client;

import org.jspecify.annotations.NullMarked;
