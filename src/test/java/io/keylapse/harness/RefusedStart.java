package io.keylapse.harness;

import io.micronaut.context.ApplicationContext;
import io.micronaut.context.BeanRegistration;
import java.util.ArrayList;

/**
 * Cleans up after a refused start. In production the process exits; in a test JVM, whatever had started would keep
 * running on the stores of later tests, because Micronaut does not destroy the beans of a context that failed to start.
 */
public final class RefusedStart {
    private RefusedStart() {}

    /** Destroys the started beans, dependents first. */
    public static void takeBack(ApplicationContext begun) {
        var left = new ArrayList<BeanRegistration<Object>>(begun.getActiveBeanRegistrations(Object.class));
        while (!left.isEmpty()) {
            BeanRegistration<Object> next = left.stream()
                    .filter(bean -> left.stream().noneMatch(other -> !other.equals(bean) && uses(other, bean)))
                    .findFirst()
                    .orElse(left.getFirst());
            left.remove(next);
            begun.destroyBean(next);
        }
    }

    private static boolean uses(BeanRegistration<?> user, BeanRegistration<?> used) {
        Class<?> type = used.getBeanDefinition().getBeanType();
        return user.getBeanDefinition().getRequiredComponents().stream()
                .anyMatch(required -> required.isAssignableFrom(type));
    }
}
