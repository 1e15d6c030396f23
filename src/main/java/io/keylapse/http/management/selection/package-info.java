/**
 * Many keys at once: the list of keys and its exports, owners, and changes of all keys that a filter selects.
 *
 * <p>Read {@link io.keylapse.http.management.selection.KeyListController} first.
 */
@NullMarked
package io.keylapse.http.management.selection;

import org.jspecify.annotations.NullMarked;
