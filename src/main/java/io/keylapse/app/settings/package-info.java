/**
 * The list of all settings, and their validation before a start: are all required ones set, and are all given ones
 * known and valid?
 *
 * <p>Each setting is documented where it is used. Read {@link io.keylapse.app.settings.KnownSettings} first.
 */
@NullMarked
package io.keylapse.app.settings;

import org.jspecify.annotations.NullMarked;
