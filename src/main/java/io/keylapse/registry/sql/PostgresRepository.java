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
 * Marks a Micronaut Data repository. Its calls wait in a lane, have the timeout of the work that they belong to, and
 * report a dead connection, like the statements of {@link Postgres}.
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
            return postgres.forRepository(call::proceed);
        }
    }
}
