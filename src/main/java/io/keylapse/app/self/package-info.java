/**
 * The command for machines that hold a key: {@code keylapse self rotate} replaces the key in a file.
 *
 * <p>Read {@link io.keylapse.app.self.RotateCommand} first.
 */
@NullMarked
package io.keylapse.app.self;

import org.jspecify.annotations.NullMarked;
