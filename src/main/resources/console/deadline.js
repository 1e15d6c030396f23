// Choosing a deadline in a dialog: presets, a length of time or a date, and what the choice changes.

import { field, h, select } from "./dom.js";
import { durationMs, exactly, fromLocal, span, time, toLocal } from "./times.js";

const PRESETS = ["P1D", "P7D", "P30D", "P90D", "P365D"];
const DEFAULT = "P30D";

/** Deadlines this close count as the same: some time passes between issuing and renewing. */
const TOLERANCE = 60_000;

/** An error at a field of the form, which is named as in the API. */
export function fieldError(name, message) {
    return Object.assign(new Error(), { errors: [{ field: name, message }] });
}

/** Inputs for a length of time. `read` returns it as an ISO 8601 duration. */
export function lengthInputs(label, name, { amount, unit, min = 1 }) {
    const count = h("input", { name: `${name}Amount`, type: "number", min, step: 1, value: amount, required: true });
    const units = select(`${name}Unit`, [["M", "minutes"], ["H", "hours"], ["D", "days"]], unit);
    return {
        element: h("div", { class: "row" }, field(label, count, { name }), field("Unit", units)),
        read() {
            if (!/^\d{1,9}$/.test(count.value) || Number(count.value) < min) {
                throw fieldError(name, `must be a whole number, ${min} or more; for half a day, choose hours`);
            }
            return units.value === "D" ? `P${count.value}D` : `PT${count.value}${units.value}`;
        }
    };
}

/**
 * Inputs for a deadline.
 *
 * @param label the label of the choice
 * @param lifetime the lifetime that the key was issued with, as an ISO 8601 duration; undefined for unlimited
 * @param unlimited whether a key without a lifetime may stay so
 * @param onlyTtl whether the API takes no date: then a date becomes a `ttl` of seconds
 * @return `read`, which returns `{ ttl }`, `{ expiresAt }`, or `{}` for no change; and `at`, the milliseconds of the deadline
 *     as of now, Infinity for none, or null if the inputs are incomplete
 */
export function deadlineInputs({ label, lifetime, unlimited = false, onlyTtl = false }) {
    const own = lifetime ? [[lifetime, `as issued: ${readable(lifetime)}`]] : unlimited ? [["", "as issued: without a deadline"]] : [];
    const presets = PRESETS.filter(each => !lifetime || durationMs(each) !== durationMs(lifetime));
    const chosen = lifetime ?? (unlimited ? "" : DEFAULT);
    const choice = select("deadline", [...own, ...presets.map(each => [each, exactly(each)]), ["other", "custom lifetime"], ["date", "specific date"]], chosen);
    const other = lengthInputs("Length", "ttl", { amount: 30, unit: "D" });
    const date = h("input", { name: "date", type: "datetime-local", value: toLocal(Date.now() + durationMs(DEFAULT)) });
    const dateName = onlyTtl ? "ttl" : "expiresAt";
    const dated = field("Date", date);
    const chosenField = field(label, choice);
    const choose = () => {
        other.element.hidden = choice.value !== "other";
        dated.hidden = choice.value !== "date";
        // An error of the API is shown where the value was chosen.
        chosenField.dataset.field = other.element.hidden && dated.hidden ? "ttl" : "";
        other.element.firstChild.dataset.field = other.element.hidden ? "" : "ttl";
        dated.dataset.field = dated.hidden ? "" : dateName;
    };
    choice.addEventListener("change", choose);
    choose();
    function read() {
        if (choice.value === "date") {
            if (!date.value) {
                throw fieldError(dateName, "must be a date and a time");
            }
            const expiresAt = fromLocal(date.value);
            return onlyTtl ? { ttl: `PT${Math.max(0, Math.round((Date.parse(expiresAt) - Date.now()) / 1000))}S` } : { expiresAt };
        }
        return choice.value === "" ? {} : { ttl: choice.value === "other" ? other.read() : choice.value };
    }
    return {
        element: h("div", {}, chosenField, other.element, dated),
        read,
        at() {
            try {
                const { ttl, expiresAt } = read();
                return expiresAt ? Date.parse(expiresAt) : ttl ? Date.now() + durationMs(ttl) : Infinity;
            } catch {
                return null;
            }
        }
    };
}

/** An ISO 8601 duration in words: exact if that is short, otherwise rounded. A lifetime that was given as a date has odd seconds. */
export function readable(iso) {
    const words = exactly(iso);
    return words.split(" ").length <= 4 ? words : span(durationMs(iso));
}

/**
 * What a deadline becomes: `ends 29 Nov 2027 → 29 Dec 2026, 11 months earlier`, with a warning if it is earlier.
 *
 * @param from the present deadline, as an instant; undefined for none
 * @param ended whether it has passed
 * @param earlierIsMeant whether an earlier deadline is what the action is for, and needs no warning
 * @param isNew whether there is no present deadline, because the key will be a new one
 * @param to a function that returns the new one as milliseconds, as `deadlineInputs` does
 */
export function change({ what, from, ended = false, to, earlierIsMeant = false, isNew = false }) {
    const before = from ? Date.parse(from) : Infinity;
    const place = h("p", { role: "status" });
    function draw() {
        const after = to();
        place.hidden = after === null;
        if (after === null) {
            return;
        }
        const difference = after - before;
        const isEarlier = difference < -TOLERANCE;
        place.className = isEarlier && !earlierIsMeant ? "warning" : "note";
        if (isNew) {
            place.className = "note";
            place.replaceChildren(`${what} ends `, show(after));
            return;
        }
        place.replaceChildren(`${what} ${ended ? "ended" : "ends"} `, show(before), " → ", show(after),
            Math.abs(difference) <= TOLERANCE || Number.isNaN(difference) ? ", as before"
                : difference === Infinity ? ""
                    : isEarlier ? h("b", {}, difference === -Infinity ? ", earlier: the key currently has no deadline" : `, ${span(-difference)} earlier`)
                        : ended ? "" : `, ${span(difference)} later`);
    }
    const show = ms => ms === Infinity ? "never" : time(new Date(ms).toISOString());
    return { element: place, draw };
}
