package example;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/** The scopes that a key needs to call a method of a controller; without this annotation, {@code read}. */
@Retention(RetentionPolicy.RUNTIME)
@interface RequiredScopes {
    String[] value();
}
