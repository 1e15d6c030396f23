/**
 * The console: a page for admins, at {@code /console}. It is made of static files that use the management API with the
 * management key of the admin who signed in, so it can do no more than that key may.
 *
 * <p>Read {@code console/app.js} among the resources first.
 */
@NullMarked
package io.keylapse.http.console;

import org.jspecify.annotations.NullMarked;
