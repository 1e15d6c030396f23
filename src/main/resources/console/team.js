// Management keys: who has access to this console and to the API, and with which role.

import { link } from "./address.js";
import { send } from "./api.js";
import { ask, secretShown } from "./dialogs.js";
import { empty, field, h, select, tell, title } from "./dom.js";
import { duration } from "./keys.js";
import { list, ordering } from "./lists.js";
import { table } from "./table.js";
import { timeAndDistance } from "./times.js";

/** What each role may do. */
const ROLES = {
    admin: "Everything: keys, webhooks, management keys and the audit trail.",
    issuer: "Issue, renew, rotate, revoke and edit keys; read everything except management keys and the audit trail.",
    auditor: "Read keys, endings, notices, webhooks and the audit trail. Changes nothing.",
    check: "Only check keys, for gateways and services that use /v1/checks or /introspect. Cannot use this console."
};

/** The orders of the list, which is complete. */
const VALUES = {
    name: key => key.name,
    role: key => key.role,
    createdAt: key => Date.parse(key.createdAt),
    expiresAt: key => key.expiresAt && Date.parse(key.expiresAt),
    lastUsedAt: key => key.lastUsedAt && Date.parse(key.lastUsedAt)
};

export function team(parameters, me) {
    const order = ordering("team", parameters, "name", { values: VALUES });
    const { element, again } = list("v1/management-keys", {}, "management keys", rows => table("Management keys", [
        ["Name", key => [h("a", { href: link("audit", { actor: key.id }), title: "Show what this key did" }, h("bdi", {}, key.name)), key.id === me.id ? h("small", {}, " you") : ""], null, "name"],
        ["Role", key => [key.role, " ", h("small", {}, ROLES[key.role])], null, "role"],
        ["Hint", key => h("code", {}, key.hint)],
        ["Created", key => timeAndDistance(key.createdAt), null, "-createdAt"],
        ["Expires", key => key.expiresAt ? [timeAndDistance(key.expiresAt), Date.parse(key.expiresAt) < Date.now() ? [" ", h("span", { class: "pill expired" }, "expired")] : ""] : "never", null, "expiresAt"],
        ["Last used", key => key.lastUsedAt ? timeAndDistance(key.lastUsedAt) : "not yet", null, "-lastUsedAt"],
        ["Actions", key => h("button", { type: "button", class: "small", "aria-label": `Delete ${key.name}`, onclick: () => remove(key, me, again) }, "Delete")]
    ], rows, { order }), () => empty("There are no management keys yet."));
    return [title("Team", h("button", { type: "button", class: "primary", onclick: () => create(again) }, "Create a management key")),
        h("p", {}, "Give each person and each program its own management key, so that the ", h("a", { href: link("audit") }, "audit trail"), " shows who did what."),
        element,
        h("p", { class: "note" }, "The admin key in KEYLAPSE_ADMIN_KEY is not listed. It belongs to the operator of the service and appears as “environment”.")];
}

function create(again) {
    const roles = h("fieldset", { "data-field": "role" }, h("legend", {}, "Role"),
        Object.entries(ROLES).map(([name, words]) => h("label", { class: "check" },
            h("input", { type: "radio", name: "role", value: name, checked: name === "auditor" }), h("span", {}, h("b", {}, name), " ", h("small", {}, words)))),
        h("small", { class: "error" }));
    ask({
        title: "Create a management key", action: "Create the key",
        body: [
            field("Name", h("input", { name: "name", required: true, maxlength: 200, autocomplete: "off" }), { hint: "Who or what uses the key, such as “Marta” or “deploy pipeline”. It appears in the audit trail." }),
            roles,
            h("div", { class: "row" },
                field("Expires after", h("input", { name: "amount", type: "number", min: 1, value: 90 }), { name: "ttl", hint: "Leave empty if it should never expire." }),
                field("Unit", select("unit", [["D", "days"], ["H", "hours"]], "D")))],
        submit: async form => {
            const { name, role, amount, unit } = form.elements;
            const made = await send("POST", "v1/management-keys", {
                name: name.value.trim(), role: role.value, ...amount.value ? { ttl: duration(amount.value, unit.value) } : {}
            });
            return secretShown({
                title: `The management key of ${made.name}`, secret: made.key,
                warning: "Copy it now and hand it over through a secure channel. It is not stored and will never be shown again.",
                done: again
            });
        }
    });
}

function remove(key, me, again) {
    ask({
        title: "Delete the management key?", action: "Delete the key", danger: true,
        body: [h("p", {}, `“${key.name}” (${key.role}, ${key.hint}) will be refused at once. This cannot be undone. Its name stays in the audit trail.`),
            key.id === me.id ? h("p", { class: "warning" }, "You are signed in with this key. You will have to sign in with another.") : null],
        submit: async () => {
            await send("DELETE", `v1/management-keys/${key.id}`);
            return () => {
                tell("Management key deleted.");
                return again();
            };
        }
    });
}
