package io.keylapse.harness;

import io.micronaut.context.ApplicationContext;
import io.micronaut.context.BeanRegistration;
import java.util.ArrayList;

/**
 * A start that was refused. The service ends its process then; in a JVM that goes on, so does whatever had begun, at the
 * stores of later tests, for Micronaut destroys nothing of a context whose start failed.
 */
public final class RefusedStart {
    private RefusedStart() {}

    /** Destroys what had begun, users before what they use. */
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
