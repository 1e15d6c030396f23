// The blacklist: each ending with its key, time, reason and owner, and its notices.

import { go, link } from "./address.js";
import { get, query } from "./api.js";
import { downloadButton } from "./download.js";
import { empty, h, select } from "./dom.js";
import { statePill } from "./keys.js";
import { filters, pages, table } from "./lists.js";
import { toldPills } from "./notices.js";
import { fromLocal, number, timeAndDistance, toLocal } from "./times.js";

const REASONS = [["", "any"], ["expired", "expired"], ["revoked", "revoked"], ["rotated", "rotated"]];
const ORDERS = [["", "newest ending first"], ["recorded", "oldest recorded first"]];
const HOUR = 3600_000;

export function blacklist(parameters) {
    const { owner = "", keyId = "", reason = "", from = "", to = "", order = "" } = parameters;
    const read = form => {
        const values = Object.fromEntries(new FormData(form));
        return { ...values, owner: values.owner.trim(), keyId: values.keyId.trim(), from: fromLocal(values.from, from), to: fromLocal(values.to, to) };
    };
    const form = filters("blacklist", [
        ["Owner", h("input", { name: "owner", value: owner, autocomplete: "off" })],
        ["Key ID", h("input", { name: "keyId", value: keyId, autocomplete: "off", spellcheck: "false" })],
        ["Reason", select("reason", REASONS, reason)],
        ["Ended on or after", h("input", { name: "from", type: "datetime-local", value: from && toLocal(from) })],
        ["Ended before", h("input", { name: "to", type: "datetime-local", value: to && toLocal(to) })],
        ["Order", select("order", ORDERS, order)]
    ], {
        buttons: [downloadButton("v1/blacklist", parameters, "blacklist.csv")],
        read
    });
    const within = (name, since, until) => h("button", {
        type: "button", onclick: () => go("blacklist", { ...read(form), from: new Date(since()).toISOString(), to: until ? new Date(until()).toISOString() : "" })
    }, name);
    const totals = h("p", { class: "totals" });
    void count(totals, parameters);
    return [h("h1", {}, "Blacklist"), form,
        h("div", { class: "ranges", role: "group", "aria-label": "When it ended" },
            within("Last night", () => lastNight().from, () => lastNight().to),
            within("Last 24 hours", () => Date.now() - 24 * HOUR),
            within("Last 7 days", () => Date.now() - 7 * 24 * HOUR),
            within("Last 30 days", () => Date.now() - 30 * 24 * HOUR)),
        totals,
        pages("v1/blacklist", parameters, "endings", rows => table("Endings", [
            ["Ended", entry => timeAndDistance(entry.endedAt)],
            ["Owner", entry => h("a", { href: link("blacklist", { ...parameters, owner: entry.owner }) }, h("bdi", {}, entry.owner))],
            ["Key", entry => [h("a", { href: link("key", { id: entry.keyId }), class: "nowrap" }, entry.hint), entry.name ? [" ", h("bdi", {}, entry.name)] : ""]],
            ["Reason", entry => [statePill(entry.reason), entry.detail ? ` ${entry.detail}` : "", entry.reinstatedAt ? [" ", h("span", { class: "pill active", title: entry.reinstatedAt }, "reinstated")] : ""]],
            ["Owner notified", told]
        ], rows), () => empty(Object.keys(parameters).length === 0 ? "No key has ended yet." : "No endings match these filters."))];
}

/** From 18:00 to 08:00, or to now before 08:00, in the user's time zone. */
function lastNight() {
    const to = new Date();
    if (to.getHours() >= 8) {
        to.setHours(8, 0, 0, 0);
    }
    const from = new Date(to);
    from.setDate(from.getDate() - 1);
    from.setHours(18, 0, 0, 0);
    return { from, to };
}

function told({ keyId, told }) {
    if (!told) {
        return h("span", { title: "No contact receives mail about this event, and no webhook receives it." }, "No recipients");
    }
    return h("a", { href: link("notices", { keyId }), class: "bare" }, toldPills(told));
}

/** Shows totals by reason. Without any if a key is chosen: the statistics can be filtered by owner and time only. */
async function count(place, { owner, keyId, reason, from, to }) {
    if (keyId) {
        return;
    }
    const start = from || new Date(Date.now() - 30 * 24 * HOUR).toISOString();
    try {
        const length = (to ? Date.parse(to) : Date.now()) - Date.parse(start);
        const bucket = length > 900 * 24 * HOUR ? "week" : length > 900 * HOUR ? "day" : "hour";
        const { buckets } = await get(query("v1/blacklist/stats", { bucket, owner, from: start, to }));
        const sums = ["expired", "revoked", "rotated"].filter(each => !reason || each === reason)
            .map(each => `${number(buckets.reduce((sum, one) => sum + one[each], 0))} ${each}`);
        place.textContent = `${from ? "In this period" : to ? "From 30 days ago to the chosen end" : "In the last 30 days"}: ${sums.join(", ")}.`;
    } catch {
        place.textContent = "";
    }
}
