// The list of keys with its filters, the form that issues a key, and first steps for an installation without keys.

import { go, link } from "./address.js";
import { get, send } from "./api.js";
import { detailInputs } from "./details.js";
import { ask, secretShown } from "./dialogs.js";
import { empty, field, h, select, title } from "./dom.js";
import { selection } from "./bulk.js";
import { downloadButton } from "./download.js";
import { filters, goToKey, ordering, pages } from "./lists.js";
import { bdi, table } from "./table.js";
import { fromLocal, time, timeAndDistance, toLocal } from "./times.js";

const STATES = [["", "any"], ["active", "active"], ["expired", "expired"], ["revoked", "revoked"], ["rotated", "rotated"]];

const DAY = 86400_000;

export function keys(parameters, me) {
    // Addresses from earlier versions.
    const { expiresBefore, ...others } = parameters;
    parameters = expiresBefore ? { ...others, expiresTo: expiresBefore } : others;
    const { q = "", owner = "", state = "", scope = "", expiresFrom = "", expiresTo = "", unlimited = "", unusedSince = "", usedAfterEnd = "", sort = "" } = parameters;
    const instant = (name, value) => h("input", { name, type: "datetime-local", value: value && toLocal(value) });
    const read = form => {
        const values = Object.fromEntries(new FormData(form));
        const read = { ...values, q: values.q.trim(), scope: values.scope.trim(), expiresFrom: fromLocal(values.expiresFrom, expiresFrom), expiresTo: fromLocal(values.expiresTo, expiresTo), unusedSince: fromLocal(values.unusedSince, unusedSince), unlimited };
        return { ...read, sort: isOrdered(read, sort) ? sort : "" };
    };
    const form = filters("keys", [
        ["Contains", h("input", { name: "q", value: q, autocomplete: "off", spellcheck: "false", maxlength: 200, placeholder: "owner, name, hint, ID or key" })],
        ["Owner", h("input", { name: "owner", value: owner, autocomplete: "off" })],
        ["State", select("state", STATES, state)],
        ["Scope", h("input", { name: "scope", value: scope, autocomplete: "off", spellcheck: "false" })],
        ["Expires on or after", instant("expiresFrom", expiresFrom)],
        ["Expires before", instant("expiresTo", expiresTo)],
        ["Not used since", instant("unusedSince", unusedSince)],
        ["Still used", select("usedAfterEnd", [["", "any"], ["true", "after the key ended"]], usedAfterEnd)]
    ], {
        buttons: [downloadButton("v1/keys", parameters, "keys.csv")],
        read
    });
    const narrow = parameters => goToKey(form) || go("keys", { ...read(form), state: "", sort: "", ...parameters });
    const within = (name, days) => h("button", {
        type: "button", onclick: () => {
            const now = Date.now();
            narrow({ unlimited: "", expiresFrom: new Date(now).toISOString(), expiresTo: new Date(now + days * DAY).toISOString() });
        }
    }, name);
    return [title("Keys", me.may("manage_keys") ? h("button", { type: "button", class: "primary", onclick: issue }, "Issue a key") : null), form,
        h("div", { class: "ranges", role: "group", "aria-label": "When it expires" },
            within("Next 24 hours", 1), within("Next 7 days", 7), within("Next 30 days", 30),
            h("button", {
                type: "button", "aria-pressed": unlimited ? "true" : null,
                onclick: () => narrow({ expiresFrom: "", expiresTo: "", unlimited: unlimited ? "" : "true" })
            }, "Never expires")),
        keyList(parameters, me)];
}

function hasRange({ expiresFrom, expiresTo }) {
    return Boolean(expiresFrom || expiresTo);
}

/**
 * Whether the API has an order for this selection: by issue, or for active keys by deadline.
 *
 * @param ifActive whether the selection may be narrowed to active keys
 */
function isOrdered(parameters, sort, ifActive = false) {
    const { state = "", unlimited, usedAfterEnd } = parameters;
    return sort.endsWith("issuedAt") ? !unlimited && !hasRange(parameters)
        : hasRange(parameters) || !unlimited && !usedAfterEnd && (state === "active" || state === "" && ifActive);
}

/** The keys that match, with check boxes for who may change them. */
export function keyList(parameters, me, { ofOwner = false } = {}) {
    const { unlimited, usedAfterEnd, sort: _, ...filter } = parameters;
    const flags = { ...unlimited && { unlimited: true }, ...usedAfterEnd && { usedAfterEnd: true } };
    const chosen = me.may("manage_keys") ? selection({ ...filter, ...flags }) : null;
    const columns = [
        chosen?.column,
        ["Key", key => h("a", { href: link("key", { id: key.id }) }, key.hint), "tight"],
        ofOwner ? null : ["Owner", key => h("a", { href: link("owner", { owner: key.owner }) }, bdi(key.owner))],
        ["Name", key => bdi(key.name || "–")],
        ["State", key => keyPill(key)],
        ["Expires", key => key.endedAt ? ["ended ", timeAndDistance(key.endedAt)] : key.expiresAt ? timeAndDistance(key.expiresAt) : "never", null, isOrdered(parameters, "expiresAt", true) && "expiresAt"],
        ["Last used", lastUsed],
        ["Issued", key => timeAndDistance(key.issuedAt), "extra", isOrdered(parameters, "-issuedAt") && "-issuedAt"]].filter(Boolean);
    const order = ordering(ofOwner ? "owner" : "keys", parameters, hasRange(parameters) ? "expiresAt" : "-issuedAt",
        { more: sort => isOrdered(parameters, sort) ? {} : { state: "active" } });
    return pages("v1/keys", parameters, "keys", rows => {
        const { element, ...rest } = table("Keys", columns, rows, { order, onGone: chosen?.forget });
        return { element: h("div", {}, chosen?.bar ?? "", element), ...rest };
    }, async () => ofOwner ? empty("No keys match.") : await hasNoKeys() ? firstSteps(me) : empty("No keys match these filters. “Owner” must match exactly; “Contains” also finds a part of it."));
}

/** Whether this installation has no keys, in any state. */
export async function hasNoKeys() {
    const { items } = await get("v1/keys?limit=1");
    return items.length === 0;
}

/** How to issue the first key. */
export function firstSteps(me) {
    if (!me.may("manage_keys")) {
        return empty("No keys yet. To issue one, sign in with a management key that has the role issuer or admin.");
    }
    const address = new URL("v1/keys", document.baseURI).href;
    return h("section", { class: "card first", "aria-labelledby": "first" },
        h("h2", { id: "first" }, "Issue your first key"),
        h("p", {}, "There are no keys yet. Issue one here, or from a shell with your management key:"),
        h("pre", { tabindex: 0 }, `curl -s ${address} -H "Authorization: Bearer $MANAGEMENT_KEY" -H 'Content-Type: application/json' -d '{"owner":"acme","name":"first key","ttl":"P30D"}'`),
        h("p", {}, "The key is shown once. Your gateway sends it to ", h("code", {}, "/check"), ", which says whether it is valid."),
        h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", onclick: issue }, "Issue the first key")));
}

/** Whether a key was replaced and is accepted only until its grace period ends. */
export function isInGrace(key) {
    return key.state === "active" && key.successorId !== undefined;
}

/** The state of a key. In its grace period it is `replaced, accepted until …`. */
export function keyPill(key) {
    return isInGrace(key)
        ? [h("span", { class: "pill rotated" }, "replaced"), " ", h("small", {}, "accepted until ", time(key.expiresAt))]
        : statePill(key.state);
}

/** When the key was last used, or refused after its end. */
export function lastUsed(key) {
    if (key.lastRefusedAt) {
        return ["refused ", timeAndDistance(key.lastRefusedAt)];
    }
    return key.lastUsedAt ? timeAndDistance(key.lastUsedAt) : key.usageKnownSince ? "–" : "unknown";
}

export function statePill(state) {
    return h("span", { class: `pill ${state}` }, state);
}

function issue() {
    const amount = h("input", { name: "amount", type: "number", min: 1, value: 30, required: true });
    const unit = select("unit", [["D", "days"], ["H", "hours"], ["M", "minutes"]], "D");
    const owner = h("input", { name: "owner", required: true, autocomplete: "off" });
    const { elements, changes } = detailInputs();
    ask({
        title: "Issue a key",
        action: "Issue the key",
        body: [
            field("Owner", owner, { hint: "Who the key belongs to. Checks return the owner to your services." }),
            h("div", { class: "row" }, field("Expires after", amount, { name: "ttl" }), field("Unit", unit)),
            elements],
        submit: async () => {
            const key = await send("POST", "v1/keys", { owner: owner.value.trim(), ttl: duration(amount.value, unit.value), ...changes() });
            return secretShown({
                title: "The new key",
                secret: key.key,
                warning: "Copy it now and send it to its owner through a secure channel. It is not stored and will never be shown again. If it is lost, rotate the key.",
                done: () => go("key", { id: key.id })
            });
        }
    });
}

/** An ISO 8601 duration, as the API requires. */
export function duration(amount, unit) {
    return unit === "D" ? `P${amount}D` : `PT${amount}${unit}`;
}
