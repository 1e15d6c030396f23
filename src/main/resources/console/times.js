// Formats instants in the user's time zone, with the ISO 8601 instant as a tooltip, and numbers. Words and dates are in the
// language of the page, in the user's variety of it.

import { h } from "./dom.js";

const PAGE = document.documentElement.lang;
/** For others, the British variety: the day comes before the month, and hours count to 24. */
const LANGUAGE = navigator.languages.find(each => each.split("-")[0] === PAGE && each !== PAGE) ?? "en-GB";

const WHOLE = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "medium" });
const SHORT = new Intl.DateTimeFormat(LANGUAGE, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
/** In UTC, like the days of the statistics. */
const DAY = new Intl.DateTimeFormat(LANGUAGE, { month: "short", day: "numeric", timeZone: "UTC" });
const RELATIVE = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
const COUNTED = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "always" });

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY_LENGTH = 24 * HOUR;
const MONTH = 365.2425 / 12 * DAY_LENGTH;

/** Such as `28 Nov 2026, 09:14:03`, or a dash if there is none. */
export function time(instant) {
    return instant ? h("time", { datetime: instant, title: instant, class: "nowrap" }, WHOLE.format(new Date(instant))) : "–";
}

/** The same, followed by the distance from now. */
export function timeAndDistance(instant) {
    return instant ? h("span", {}, time(instant), " ", h("small", { class: "nowrap distance" }, distance(instant))) : "–";
}

/** Updates the distances from now in a place that stays on the screen. */
export function updateDistances(place) {
    for (const each of place.querySelectorAll("time + .distance")) {
        const words = distance(each.previousElementSibling.dateTime);
        if (each.textContent !== words) {
            each.textContent = words;
        }
    }
}

export function shortTime(date) {
    return SHORT.format(date);
}

export function dayOf(date) {
    return DAY.format(date);
}

/** The distance from now: `in 30 days`, `tomorrow`, `2 hours ago`. From a day on, it counts the days of the calendar. */
export function distance(instant) {
    const date = new Date(instant);
    const ms = date - Date.now();
    const [count, unit] = rounded(Math.abs(ms));
    if (unit === "day") {
        return RELATIVE.format(Math.sign(ms) * Math.max(1, daysBetween(new Date(), date)), unit);
    }
    return (unit === "month" || unit === "year" ? COUNTED : RELATIVE).format(ms < 0 ? -count : count, unit);
}

function daysBetween(one, other) {
    const day = date => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_LENGTH;
    return Math.abs(day(other) - day(one));
}

/** A length of time in one unit, rounded: `[30, "day"]`. */
function rounded(ms) {
    return ms < 59.5 * SECOND ? [Math.round(ms / SECOND), "second"]
        : ms < 59.5 * MINUTE ? [Math.round(ms / MINUTE), "minute"]
            : ms < 23.5 * HOUR ? [Math.round(ms / HOUR), "hour"]
                : ms < 59.5 * DAY_LENGTH ? [Math.round(ms / DAY_LENGTH), "day"]
                    : ms < 23.5 * MONTH ? [Math.round(ms / MONTH), "month"]
                        : [Math.round(ms / MONTH / 12), "year"];
}

/** A length of time in words: `30 days`, `11 months`. */
export function span(ms) {
    const [count, unit] = rounded(ms);
    return `${number(count)} ${unit}${count === 1 ? "" : "s"}`;
}

/** An ISO 8601 duration of the API in milliseconds. */
export function durationMs(iso) {
    const [, days = 0, hours = 0, minutes = 0, seconds = 0] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(iso) ?? [];
    return days * DAY_LENGTH + hours * HOUR + minutes * MINUTE + seconds * SECOND;
}

/** A text of the API, with words in place of ISO 8601 durations: `at most 366 days`. */
export function withWords(text) {
    return text.replace(/\bP(?=\d|T\d)(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:[\d.]+S)?)?/g, exactly);
}

/** An ISO 8601 duration in words, not rounded: `1 day 12 hours`. */
export function exactly(iso) {
    const units = { D: "day", H: "hour", M: "minute", S: "second" };
    return [...iso.matchAll(/([\d.]+)([DHMS])/g)].map(([, count, unit]) => `${count} ${units[unit]}${count === "1" ? "" : "s"}`).join(" ");
}

/** The ISO 8601 duration for words such as `1 day 12 hours` or `90 m`; null if the text is not a length of time. */
export function durationOf(words) {
    const [whole, days, hours, minutes, seconds] =
        /^\s*(?:(\d+)\s*d(?:ays?)?)?\s*(?:(\d+)\s*h(?:ours?)?)?\s*(?:(\d+)\s*m(?:in(?:ute)?s?)?)?\s*(?:(\d+(?:\.\d+)?)\s*s(?:ec(?:ond)?s?)?)?\s*$/i.exec(words) ?? [];
    if (!whole?.trim()) {
        return null;
    }
    const part = (count, unit) => count ? count + unit : "";
    const time = part(hours, "H") + part(minutes, "M") + part(seconds, "S");
    return `P${part(days, "D")}${time && `T${time}`}`;
}

export function number(count) {
    return count.toLocaleString(LANGUAGE);
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

/**
 * The instant for the value of a `datetime-local` input.
 *
 * @param former the instant that the input showed. It is returned unless the value was changed, because the value has neither
 *     its seconds nor, in the hour that comes twice, which of the two it is in.
 */
export function fromLocal(text, former = "") {
    return former && text === toLocal(former) ? former : text ? new Date(text).toISOString() : "";
}

/** Formats milliseconds: `12 ms`, `1.5 s`, `3 min`. */
export function length(ms) {
    return ms < 1000 ? `${ms} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : ms < 3600_000 ? `${Math.round(ms / 60_000)} min` : `${number(Math.round(ms / 3600_000))} h`;
}
