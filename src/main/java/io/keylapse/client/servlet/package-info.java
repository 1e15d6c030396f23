/**
 * Filter for applications on Jakarta Servlet 5 or newer. It is the only part of the client that needs the servlet API.
 */
@NullMarked
package io.keylapse.client.servlet;

import org.jspecify.annotations.NullMarked;
