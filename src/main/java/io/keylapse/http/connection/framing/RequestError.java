package io.keylapse.http.connection.framing;

import io.micronaut.http.HttpStatus;

/** The errors for which a request is refused before it is processed. The response always closes the connection. */
public enum RequestError {
    /** The request line or a header breaks the grammar of RFC 9112. */
    MALFORMED(
            HttpStatus.BAD_REQUEST,
            "INVALID_REQUEST",
            "The request is not well-formed HTTP. Check its request line and headers."),

    /** Two parties could disagree where the body ends: RFC 9112, section 6. */
    AMBIGUOUS_LENGTH(
            HttpStatus.BAD_REQUEST,
            "INVALID_REQUEST",
            "The length of the body is ambiguous. Send either Content-Length or exactly one Transfer-Encoding: chunked,"
                    + " and Transfer-Encoding only in HTTP/1.1."),

    /** A chunk of the body breaks the grammar of RFC 9112, section 7.1. */
    MALFORMED_BODY(HttpStatus.BAD_REQUEST, "INVALID_REQUEST", "The body is not a well-formed sequence of chunks."),

    /** RFC 9110, section 15.5.9. */
    HEADERS_TIMEOUT(
            HttpStatus.REQUEST_TIMEOUT,
            "REQUEST_TIMEOUT",
            "The headers did not arrive in time. Send the whole request at once."),

    /** RFC 9110, section 15.5.9. */
    BODY_TIMEOUT(
            HttpStatus.REQUEST_TIMEOUT,
            "REQUEST_TIMEOUT",
            "The body did not arrive in time. Send the whole request at once."),

    /** RFC 9110, section 15.5.15. */
    TARGET_TOO_LONG(
            HttpStatus.REQUEST_URI_TOO_LONG, "TARGET_TOO_LONG", "The request line is too long. Shorten the URL."),

    /** RFC 6585, section 5. */
    HEADERS_TOO_LARGE(
            HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            "HEADERS_TOO_LARGE",
            "The headers are too large. Send fewer or shorter ones."),

    /** RFC 9110, section 15.6.6. */
    UNSUPPORTED_VERSION(
            HttpStatus.HTTP_VERSION_NOT_SUPPORTED,
            "HTTP_VERSION_NOT_SUPPORTED",
            "This HTTP version is not supported. Use HTTP/1.1."),

    /** Too many requests of its kind wait. RFC 9110, section 15.6.4. */
    TOO_BUSY(
            HttpStatus.SERVICE_UNAVAILABLE,
            "TOO_BUSY",
            "Keylapse is processing too many requests of this kind. Try again in a second.");

    private final HttpStatus status;
    private final String code;
    private final String detail;

    RequestError(HttpStatus status, String code, String detail) {
        this.status = status;
        this.code = code;
        this.detail = detail;
    }

    HttpStatus status() {
        return status;
    }

    String code() {
        return code;
    }

    /** What is wrong and what to do about it. */
    String detail() {
        return detail;
    }
}
