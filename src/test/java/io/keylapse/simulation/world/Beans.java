package io.keylapse.simulation.world;

import jakarta.annotation.PostConstruct;
import jakarta.inject.Inject;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Creates beans like Micronaut: one per class, with constructor injection. */
public final class Beans {
    private static final String ROOT = "io.keylapse.";

    private final Map<Class<?>, Object> made = new LinkedHashMap<>();

    public void put(Class<?> type, Object bean) {
        made.put(type, bean);
    }

    /** The bean of that class, created on first use. */
    public <T> T get(Class<T> type) {
        return type.cast(find(type));
    }

    private Object find(Class<?> type) {
        Object bean = made.get(type);
        if (bean == null) {
            bean = make(type);
            made.put(type, bean);
        }
        return bean;
    }

    /** Creates a bean and starts it. */
    public void start(String name) {
        try {
            Object bean = get(Class.forName(ROOT + name));
            for (Method method : bean.getClass().getDeclaredMethods()) {
                if (method.isAnnotationPresent(PostConstruct.class)) {
                    method.setAccessible(true);
                    method.invoke(bean);
                }
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private Object make(Class<?> type) {
        if (!type.getName().startsWith(ROOT)) {
            throw new IllegalStateException("the simulation must be given a " + type.getName());
        }
        if (type.isInterface()) {
            return unused(type);
        }
        Constructor<?> constructor = Arrays.stream(type.getDeclaredConstructors())
                .max(Comparator.<Constructor<?>>comparingInt(each -> each.isAnnotationPresent(Inject.class) ? 1 : 0)
                        .thenComparingInt(Constructor::getParameterCount))
                .orElseThrow(() -> new IllegalStateException(type + " has no constructor"));
        Object[] arguments =
                Arrays.stream(constructor.getParameterTypes()).map(this::find).toArray();
        constructor.setAccessible(true);
        try {
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("no " + type.getName(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A repository. The requests of the simulation need none: they carry no idempotency key. */
    private static Object unused(Class<?> repository) {
        return Proxy.newProxyInstance(repository.getClassLoader(), new Class<?>[] {repository}, (_, method, _) -> {
            throw new IllegalStateException("the simulation has no stand-in for " + method);
        });
    }
}
