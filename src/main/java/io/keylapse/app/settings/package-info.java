/**
 * The settings as a whole, looked at before anything starts: which there are, which must be there, and which of those
 * given are none or make no sense.
 *
 * <p>What a setting means is said where it is used. Read {@link io.keylapse.app.settings.KnownSettings} first.
 */
@NullMarked
package io.keylapse.app.settings;

import org.jspecify.annotations.NullMarked;
