// Builds elements without markup, and words for instants and lengths.

/** An element with attributes and children. Attributes named `on...` are listeners; null and false are omitted. */
export function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) {
            element.addEventListener(name.slice(2), value);
        } else if (value !== null && value !== undefined && value !== false) {
            element.setAttribute(name, value === true ? "" : value);
        }
    }
    element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
    return element;
}

let last = 0;

/** An input with its label, an optional hint, and a place for its error. */
export function field(label, input, hint) {
    const id = input.id || (input.id = `f${++last}`);
    const note = hint ? h("small", { id: `${id}-hint` }, hint) : null;
    const error = h("small", { class: "error", id: `${id}-error` });
    input.setAttribute("aria-describedby", (note ? `${note.id} ` : "") + error.id);
    return h("div", { class: "field", "data-field": input.name }, h("label", { for: id }, label), input, note, error);
}

/** Shows an error at the fields that it names, otherwise in the place. Clears both for null. */
export function complain(form, place, error) {
    form.querySelectorAll("[data-field]").forEach(each => {
        each.querySelector(".error").textContent = "";
        each.querySelector("input, select").removeAttribute("aria-invalid");
    });
    let first = null;
    for (const { field: name, message } of error?.errors ?? []) {
        const found = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
        if (found) {
            found.querySelector(".error").textContent = message;
            found.querySelector("input, select").setAttribute("aria-invalid", "true");
            first ??= found.querySelector("input, select");
        }
    }
    place.textContent = error && !first ? error.message : "";
    first?.focus();
}

/** Shows a message for 8 seconds; screen readers announce it. */
export function tell(text) {
    const place = document.getElementById("told");
    place.replaceChildren(h("p", {}, text));
    setTimeout(() => place.firstChild?.textContent === text && place.replaceChildren(), 8000);
}

const LANGUAGE = document.documentElement.lang;
const WHOLE = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeStyle: "short" });
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "always" });
const LONGEST_FIRST = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** The reader's time zone, such as `Europe/Vienna`. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** An instant in the reader's time zone. */
export function time(instant) {
    return h("time", { datetime: instant, title: instant }, WHOLE.format(new Date(instant)));
}

/** The distance of an instant from now, rounded: `in 30 days`, `2 hours ago`. */
export function distance(instant) {
    const seconds = (new Date(instant) - Date.now()) / 1000;
    const found = LONGEST_FIRST.find(([, length]) => Math.abs(seconds) >= length * 1.5);
    return found ? RELATIVE.format(Math.round(seconds / found[1]), found[0]) : seconds < 0 ? "just now" : "in about a minute";
}

/** An ISO 8601 duration in days and time, in milliseconds. */
export function millis(duration) {
    const [, days, hours, minutes, seconds] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(duration).map(Number);
    return ((((days || 0) * 24 + (hours || 0)) * 60 + (minutes || 0)) * 60 + (seconds || 0)) * 1000;
}

/** The same in words: `30 days`, `1 hour`. */
export function length(duration) {
    const seconds = millis(duration) / 1000;
    const [unit, each] = LONGEST_FIRST.find(([, size]) => seconds >= size) ?? ["second", 1];
    const count = Math.round(seconds / each);
    return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
