package io.keylapse.http.gateway;

import io.micronaut.http.HttpStatus;
import java.util.List;

/**
 * How a gateway is answered, whatever transport carries it.
 *
 * @param status the status
 * @param headers the headers but those of the transport: names and values in turn, in visible ASCII and spaces, which
 *     nobody looks at again: whoever makes an answer sees to it
 * @param body the body, a problem; empty for none
 */
public record Answer(HttpStatus status, List<CharSequence> headers, String body) {}
