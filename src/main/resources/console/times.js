// Formats instants in the user's time zone, with the ISO 8601 instant as a tooltip, and numbers in the user's locale.

import { h } from "./dom.js";

const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const SHORT = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
/** In UTC, like the days of the statistics. */
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

/** Such as `Nov 28, 2026, 9:14:03 AM`, or a dash if there is none. */
export function time(instant) {
    return instant ? h("time", { datetime: instant, title: instant, class: "nowrap" }, WHOLE.format(new Date(instant))) : "–";
}

/** The same, followed by the distance from now. */
export function timeAndDistance(instant) {
    return instant ? h("span", {}, time(instant), " ", h("small", { class: "nowrap" }, distance(instant))) : "–";
}

export function shortTime(date) {
    return SHORT.format(date);
}

export function dayOf(date) {
    return DAY.format(date);
}

/** The distance from now: `in 3 days`, `2 hours ago`. */
export function distance(instant) {
    const seconds = (new Date(instant) - Date.now()) / 1000;
    const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? UNITS.at(-1);
    return RELATIVE.format(Math.trunc(seconds / length), unit);
}

export function number(count) {
    return count.toLocaleString();
}

/** A number of keys. An estimate is rounded to two digits and marked with `about`. */
export function roughly({ keys, exact }) {
    if (exact) {
        return number(keys);
    }
    const unit = 10 ** Math.max(0, Math.floor(Math.log10(keys)) - 1);
    return `about ${number(Math.round(keys / unit) * unit)}`;
}

/** Converts an instant to the value of a `datetime-local` input; `fromLocal` converts it back. */
export function toLocal(instant) {
    const date = new Date(instant);
    return isNaN(date) ? "" : new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

export function fromLocal(text) {
    return text ? new Date(text).toISOString() : "";
}

/** Formats milliseconds: `12 ms`, `1.5 s`, `3 min`. */
export function length(ms) {
    return ms < 1000 ? `${ms} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : ms < 3600_000 ? `${Math.round(ms / 60_000)} min` : `${number(Math.round(ms / 3600_000))} h`;
}
