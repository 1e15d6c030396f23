// The page's language: the reader's first that it knows, otherwise English. And words for instants and lengths in it.

import de from "./de.js";
import en from "./en.js";
import es from "./es.js";
import fr from "./fr.js";
import { h } from "./dom.js";

const KNOWN = { de, en, es, fr };
const primary = tag => tag.toLowerCase().split("-")[0];
const tag = navigator.languages.find(each => Object.hasOwn(KNOWN, primary(each))) ?? "en-GB";

/** The language's BCP 47 tag, such as `de`. */
export const LANGUAGE = primary(tag);

/** The page's texts. */
export const words = KNOWN[LANGUAGE];

const WHOLE = new Intl.DateTimeFormat(tag, { dateStyle: "long", timeStyle: "short" });
const RELATIVE = new Intl.RelativeTimeFormat(tag, { numeric: "always" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** The reader's time zone, such as `Europe/Vienna`. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** An instant in the reader's time zone. */
export function time(instant) {
    return h("time", { datetime: instant, title: instant }, WHOLE.format(new Date(instant)));
}

/** The distance of an instant from now, rounded: `in 30 days`, `2 hours ago`; at least a minute. */
export function distance(instant) {
    return fromNow((new Date(instant) - Date.now()) / 1000);
}

/** The same for a number of seconds; negative ones are past. */
export function fromNow(seconds) {
    const [unit, each] = UNITS.find(([, length]) => Math.abs(seconds) >= length * 1.5) ?? ["minute", 60];
    return RELATIVE.format(Math.sign(seconds || 1) * Math.max(1, Math.round(Math.abs(seconds) / each)), unit);
}

/** An ISO 8601 duration in days and time, in milliseconds. */
export function millis(duration) {
    const [, days, hours, minutes, seconds] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(duration).map(Number);
    return ((((days || 0) * 24 + (hours || 0)) * 60 + (minutes || 0)) * 60 + (seconds || 0)) * 1000;
}

/** The same in words: `30 days`, `1 hour`. */
export function length(duration) {
    const seconds = millis(duration) / 1000;
    const [unit, each] = UNITS.find(([, size]) => seconds >= size) ?? ["second", 1];
    return new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(seconds / each);
}
