// Builds elements without markup: data is always inserted as text, so it cannot inject HTML.

/** An HTML element with attributes and children. Attributes named `on...` are listeners; null and false are omitted. */
export function h(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
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
    element.append(...withoutEmpty(children));
    return element;
}

function withoutEmpty(children) {
    return children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false);
}

/** Replaces the children of a place. */
export function put(place, ...children) {
    place.replaceChildren(...withoutEmpty(children));
}

/** The heading of a view, with the button for what it is mostly used for. */
export function title(text, button) {
    return h("div", { class: "title" }, h("h1", {}, text), button);
}

let last = 0;

/** An element id that is not in use. */
export function freshId() {
    return `e${++last}`;
}

/** Shows a status message for 6 seconds; screen readers announce it. */
export function tell(text) {
    const place = document.getElementById("told");
    place.replaceChildren(h("p", {}, text));
    setTimeout(() => place.firstChild?.textContent === text && place.replaceChildren(), 6000);
}

/** Whether the user changed an input, a select or a text area since it was made. */
export function isChanged(input) {
    return input.options ? !input.options[input.selectedIndex].defaultSelected
        : input.type === "checkbox" ? input.checked !== input.defaultChecked : input.value !== input.defaultValue;
}

/** An input with its label, an optional hint, and a place for its error message. */
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

/** A `select` with options from [value, text] pairs. */
export function select(name, options, chosen) {
    return h("select", { name }, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
}

/** Placeholders: `loading` until data arrives, `empty` when there is none, `failed` after an error. */
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

/** The latest work that a place shows. Answers may arrive in another order than they were asked for. */
const latest = new WeakMap();

/**
 * Shows `loading` in a place, then the result of `work`, or its error with a button that tries again. A result is dropped if
 * the place was told to show something else meanwhile. The focus stays on the control with the same words, or goes to the
 * place if there is none now.
 */
export async function show(place, what, work) {
    const refocus = focusIn(place);
    const mine = {};
    latest.set(place, mine);
    place.setAttribute("aria-busy", "true");
    place.replaceChildren(loading(what));
    const result = await work().catch(error => failed(error, () => show(place, what, work)));
    if (latest.get(place) === mine) {
        put(place, result);
        place.removeAttribute("aria-busy");
        refocus();
    }
}

/** Remembers which control of a place has the focus. Returns a function that focuses its successor. */
export function focusIn(place) {
    const focused = document.activeElement;
    if (!place.contains(focused)) {
        return () => {};
    }
    const like = () => [...place.querySelectorAll(focused.tagName)].filter(each => each.textContent === focused.textContent);
    const index = like().indexOf(focused);
    return () => {
        if (document.activeElement === document.body) {
            const next = like()[index] ?? place;
            if (next === place) {
                place.tabIndex = -1;
            }
            next.focus({ preventScroll: true });
        }
    };
}

const REFRESHED_AFTER = 15_000;
/** Work that takes longer than a second is repeated less often: it runs at most for a fifteenth of the time. */
const MIN_SHARE = 15;

/** Repeats work every 15 seconds while `isWanted` says so. Skipped while the tab is hidden. */
export async function repeat(isWanted, work) {
    for (let took = 0; ;) {
        await new Promise(resolve => setTimeout(resolve, Math.max(REFRESHED_AFTER, MIN_SHARE * took)));
        if (!isWanted()) {
            return;
        }
        if (!document.hidden) {
            const begun = performance.now();
            await work();
            took = performance.now() - begun;
        }
    }
}

/** The same as `show`, refreshed until the signal aborts. Skipped while the place has the focus. */
export async function keepShowing(signal, place, what, work) {
    const first = () => show(place, what, work);
    await first();
    await repeat(() => !signal.aborted, async () => {
        if (!place.hasAttribute("aria-busy")) {
            const shown = latest.get(place);
            const now = await work().catch(error => failed(error, first));
            if (latest.get(place) === shown && !place.contains(document.activeElement)) {
                put(place, now);
            }
        }
    });
}
