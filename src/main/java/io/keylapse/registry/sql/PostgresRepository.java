package io.keylapse.registry.sql;

import io.micronaut.aop.Around;
import io.micronaut.aop.MethodInterceptor;
import io.micronaut.aop.MethodInvocationContext;
import io.micronaut.context.annotation.Type;
import jakarta.inject.Singleton;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;

/**
 * Marks a Micronaut Data repository whose calls run like statements of {@link Postgres}: they wait in a lane, and outages
 * are noticed. Each statement is cancelled after {@link Postgres#PATIENCE}, the default query timeout of the driver here.
 */
@Around
@Type(PostgresRepository.InLane.class)
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface PostgresRepository {
    /** Interceptor that runs each call on a connection of its lane. */
    @Singleton
    final class InLane implements MethodInterceptor<Object, @Nullable Object> {
        private final Postgres postgres;

        InLane(Postgres postgres) {
            this.postgres = postgres;
        }

        @Override
        public @Nullable Object intercept(MethodInvocationContext<Object, @Nullable Object> call) {
            return postgres.onConnection(call::proceed);
        }
    }
}
