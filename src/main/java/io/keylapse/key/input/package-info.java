/** What people may write: the forms of their texts, and how they hear of everything that is wrong with them at once. */
@NullMarked
package io.keylapse.key.input;

import org.jspecify.annotations.NullMarked;
