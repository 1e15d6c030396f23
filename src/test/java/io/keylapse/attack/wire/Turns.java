package io.keylapse.attack.wire;

import java.util.List;

/** Returns the elements of a list round-robin. */
public final class Turns<T> {
    private final List<T> elements;
    private int next;

    public Turns(List<T> elements) {
        this.elements = elements;
    }

    public T get() {
        T element = elements.get(next);
        next = (next + 1) % elements.size();
        return element;
    }
}
