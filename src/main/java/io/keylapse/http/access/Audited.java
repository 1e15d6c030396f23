package io.keylapse.http.access;

import io.keylapse.registry.audit.AuditAction;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** A route that changes something. Refused calls of it are recorded as this action; its use case records what was done. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Audited {
    /** The action. */
    AuditAction value();
}
