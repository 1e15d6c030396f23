/**
 * Management keys: who has one, with which role and permissions, and when it was last used.
 *
 * <p>Read {@link io.keylapse.security.management.ManagementKeyService} first.
 */
@NullMarked
package io.keylapse.security.management;

import org.jspecify.annotations.NullMarked;
