// Elements without markup: whatever is shown of somebody's words goes in as text.

/** An element with attributes and children; `on...` are listeners, and what is null or false is left out. */
export function h(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

/** The same for drawings. */
export function s(tag, attributes = {}, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) {
            element.addEventListener(name.slice(2), value);
        } else if (value === true) {
            element.setAttribute(name, "");
        } else if (value !== null && value !== undefined && value !== false) {
            element.setAttribute(name, value);
        }
    }
    element.append(...there(children));
    return element;
}

function there(children) {
    return children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false);
}

/** Has these children in a place instead of those that are there. */
export function put(place, ...children) {
    place.replaceChildren(...there(children));
}

let last = 0;

/** An id that no other element has. */
export function freshId() {
    return `e${++last}`;
}

/** Something for a screen reader and for the eye: what was just done. */
export function tell(text) {
    const place = document.getElementById("told");
    place.replaceChildren(h("p", {}, text));
    setTimeout(() => place.firstChild?.textContent === text && place.replaceChildren(), 6000);
}

/** A label with its input, and a place for what is wrong with it. */
export function field(label, input, { hint, name } = {}) {
    const id = input.id || (input.id = freshId());
    const note = h("small", { id: `${id}-hint` }, hint ?? "");
    const error = h("small", { class: "error", id: `${id}-error` });
    input.setAttribute("aria-describedby", `${note.id} ${error.id}`);
    const whole = h("div", { class: "field", "data-field": name ?? input.name }, h("label", { for: id }, label), input, hint ? note : null, error);
    if (!hint) {
        input.setAttribute("aria-describedby", error.id);
    }
    return whole;
}

/** A choice among [value, text] pairs. */
export function select(name, options, chosen) {
    return h("select", { name }, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
}

/** What stands where there is nothing to see yet, or at all. */
export function loading(what) {
    return h("p", { class: "state loading", role: "status" }, `Loading ${what} …`);
}

export function empty(text, ...more) {
    return h("div", { class: "state" }, h("p", {}, text), ...more);
}

export function failed(error, again) {
    return h("div", { class: "state failed", role: "alert" },
        h("p", {}, error.message),
        again ? h("button", { type: "button", onclick: again }, "Try again") : null);
}

/** Shows `loading` in a place, then what the work returns, or what went wrong and a way to try again. */
export async function show(place, what, work) {
    place.setAttribute("aria-busy", "true");
    place.replaceChildren(loading(what));
    try {
        put(place, await work());
    } catch (error) {
        place.replaceChildren(failed(error, () => show(place, what, work)));
    } finally {
        place.removeAttribute("aria-busy");
    }
}

const REFRESHED_AFTER = 15_000;

/** The same, and anew every now and then until the signal says that it is over; not under somebody's fingers, and not unseen. */
export async function keepShowing(signal, place, what, work) {
    const first = () => show(place, what, work);
    await first();
    for (;;) {
        await new Promise(resolve => setTimeout(resolve, REFRESHED_AFTER));
        if (signal.aborted) {
            return;
        }
        if (!document.hidden && !place.hasAttribute("aria-busy")) {
            const now = await work().catch(error => failed(error, first));
            if (!place.contains(document.activeElement)) {
                put(place, now);
            }
        }
    }
}
