/**
 * The page for admins, at {@code /console}. It is made of files that ask for everything else by the management API, with the
 * management key of whoever signed in; so it can do nothing that this key may not.
 *
 * <p>Read {@code console/app.js} among the resources first.
 */
@NullMarked
package io.keylapse.http.console;

import org.jspecify.annotations.NullMarked;
