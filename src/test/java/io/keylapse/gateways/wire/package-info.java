/** HTTP/1.1 byte by byte, for requests and answers that no client library would send. */
@NullMarked
package io.keylapse.gateways.wire;

import org.jspecify.annotations.NullMarked;
