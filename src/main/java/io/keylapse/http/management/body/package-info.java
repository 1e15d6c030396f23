/**
 * Request bodies of the management API and of key holders, read strictly.
 *
 * <p>Read {@link io.keylapse.http.management.body.RequestJson} first.
 */
@NullMarked
package io.keylapse.http.management.body;

import org.jspecify.annotations.NullMarked;
