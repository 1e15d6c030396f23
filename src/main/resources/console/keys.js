// Keys: found by owner, name, hint, state and deadline; and a new one.

import { go, link } from "./address.js";
import { send } from "./api.js";
import { ask, secretShown } from "./dialogs.js";
import { field, h, select } from "./dom.js";
import { filters, pages, table } from "./lists.js";
import { fromLocal, timeAndDistance, toLocal } from "./times.js";

const STATES = [["", "any"], ["active", "active"], ["expired", "expired"], ["revoked", "revoked"], ["rotated", "rotated"]];

export function keys(parameters, me) {
    const { owner = "", name = "", hint = "", state = "", expiresBefore = "" } = parameters;
    const form = filters("keys", [
        ["Owner", h("input", { name: "owner", value: owner, autocomplete: "off" })],
        ["Name begins with", h("input", { name: "name", value: name, autocomplete: "off" })],
        ["Hint, or a whole key", h("input", { name: "hint", value: hint, autocomplete: "off", spellcheck: "false" })],
        ["State", select("state", STATES, state)],
        ["Expires before", h("input", { name: "expiresBefore", type: "datetime-local", value: expiresBefore && toLocal(expiresBefore) })]
    ], {
        buttons: me.may("manage_keys") ? [h("button", { type: "button", class: "primary", onclick: issue }, "Issue a key")] : [],
        read: form => {
            const read = Object.fromEntries(new FormData(form));
            return { ...read, expiresBefore: fromLocal(read.expiresBefore) };
        }
    });
    return [h("h1", {}, "Keys"), form,
        pages("v1/keys", parameters, "keys", rows => table("Keys", [
            ["Key", key => h("a", { href: link("key", { id: key.id }) }, key.hint)],
            ["Owner", key => key.owner],
            ["Name", key => key.name || "–"],
            ["State", key => statePill(key.state)],
            ["Expires", key => key.expiresAt ? timeAndDistance(key.expiresAt) : "never"],
            ["Issued", key => timeAndDistance(key.issuedAt)]
        ], rows), "No key is like that. Take away a filter, or look at how the owner is written: it must be given whole.")];
}

export function statePill(state) {
    return h("span", { class: `pill ${state}` }, state);
}

function issue() {
    const amount = h("input", { name: "amount", type: "number", min: 1, value: 30, required: true });
    const unit = select("unit", [["D", "days"], ["H", "hours"], ["M", "minutes"]], "D");
    ask({
        title: "Issue a key",
        action: "Issue the key",
        body: [
            field("Owner", h("input", { name: "owner", required: true, autocomplete: "off" }), { hint: "Whose key it is; checks tell it to your services." }),
            field("Name", h("input", { name: "name", autocomplete: "off" }), { hint: "What it is for, such as “billing, production”." }),
            h("div", { class: "row" }, field("Lives for", amount, { name: "ttl" }), field("Unit", unit)),
            field("Scopes", h("input", { name: "scopes", autocomplete: "off" }), { hint: "Words with spaces between; none for no special rights." }),
            field("Owner's e-mail", h("input", { name: "email", type: "email", autocomplete: "off" }), { name: "contact", hint: "Is told before and after the key expires." }),
            field("Metadata", h("textarea", { name: "metadata", rows: 2 }), { hint: "A JSON object, if you like." })],
        submit: async form => {
            const wanted = Object.fromEntries(new FormData(form));
            const key = await send("POST", "v1/keys", {
                owner: wanted.owner.trim(),
                name: wanted.name.trim(),
                ttl: duration(wanted.amount, wanted.unit),
                scopes: wanted.scopes.split(/\s+/).filter(Boolean),
                contact: wanted.email ? { email: wanted.email.trim() } : undefined,
                metadata: metadata(wanted.metadata)
            });
            return secretShown({
                title: "The new key",
                secret: key.key,
                warning: "Copy it now and give it to its owner over a safe way. It is not kept anywhere and will never be shown again; if it is lost, rotate the key.",
                done: () => go("key", { id: key.id })
            });
        }
    });
}

/** ISO 8601, as the API wants it. */
export function duration(amount, unit) {
    return unit === "D" ? `P${amount}D` : `PT${amount}${unit}`;
}

function metadata(text) {
    if (text.trim() === "") {
        return undefined;
    }
    try {
        return JSON.parse(text, (_, value) => {
            if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
                throw new RangeError();
            }
            return value;
        });
    } catch (error) {
        if (error instanceof RangeError) {
            throw Object.assign(new Error(), { errors: [{ field: "metadata", message: "has a number that is too large to be kept as it is; write it in quotes" }] });
        }
        throw Object.assign(new Error(), { errors: [{ field: "metadata", message: "is not JSON" }] });
    }
}
