/**
 * The API documentation: as OpenAPI for programs, and as a page for people.
 *
 * <p>Read {@link io.keylapse.http.description.ApiDescription} first; {@code api/openapi.yaml} is written by hand, and a test
 * compares it with the routes.
 */
@NullMarked
package io.keylapse.http.description;

import org.jspecify.annotations.NullMarked;
