/** The programs in {@code examples/}, each built and run as its README says, with a real node. */
@NullMarked
package io.keylapse.gateways.examples;

import org.jspecify.annotations.NullMarked;
