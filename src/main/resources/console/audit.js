// The audit trail: who changed what, and whose calls were refused.

import { link } from "./address.js";
import { empty, h, select } from "./dom.js";
import { downloadButton } from "./download.js";
import { filters, pages, table } from "./lists.js";
import { fromLocal, number, timeAndDistance, toLocal } from "./times.js";

const ENVIRONMENT = "mgmt_0000000000000000000000";
const FORMER_ENVIRONMENT = "mgmt_0000000000000000000001";

/** What each action is called. */
const ACTIONS = {
    "key.issue": "Issued a key",
    "key.renew": "Renewed a key",
    "key.rotate": "Rotated a key",
    "key.revoke": "Revoked a key",
    "key.change": "Edited a key",
    "owner.revoke": "Revoked all keys of an owner",
    "management_key.create": "Created a management key",
    "management_key.delete": "Deleted a management key",
    "webhook.create": "Added a webhook",
    "webhook.change": "Edited a webhook",
    "webhook.rotate_secret": "Rotated the secret of a webhook",
    "webhook.delete": "Deleted a webhook",
    "webhook.test": "Tested a webhook",
    "webhook.replay": "Retried failed deliveries",
    "delivery.replay": "Retried a delivery",
    "mail.test": "Sent a test mail",
    read: "Read",
    authenticate: "Signed in"
};

/** The code of a refused call in words; other codes are shown as they are. */
const CODES = {
    ROLE_NOT_ENOUGH: "role not allowed",
    KEY_ENDED: "key has ended",
    NOT_FOUND: "not found",
    INVALID_REQUEST: "invalid request",
    CREDENTIAL_MISSING: "no management key",
    CREDENTIAL_INVALID: "invalid management key",
    TOO_MANY_BAD_CREDENTIALS: "too many invalid management keys"
};

const FIELDS = { expiresAt: "deadline", leadTimes: "warnings", name: "name", scopes: "scopes", metadata: "metadata", contact: "contact", url: "URL", description: "description", events: "events", owners: "owners", enabled: "enabled" };

export function audit(parameters) {
    const { actor = "", action = "", target = "", outcome = "", from = "", to = "" } = parameters;
    const read = form => {
        const values = Object.fromEntries(new FormData(form));
        return { ...values, actor: values.actor.trim(), target: values.target.trim(), from: fromLocal(values.from), to: fromLocal(values.to) };
    };
    const form = filters("audit", [
        ["Who (ID)", h("input", { name: "actor", value: actor, autocomplete: "off", spellcheck: "false" })],
        ["Action", select("action", [["", "any"], ...Object.entries(ACTIONS)], action)],
        ["Target (ID or owner)", h("input", { name: "target", value: target, autocomplete: "off", spellcheck: "false" })],
        ["Outcome", select("outcome", [["", "any"], ["done", "done"], ["refused", "refused"]], outcome)],
        ["On or after", h("input", { name: "from", type: "datetime-local", value: from && toLocal(from) })],
        ["Before", h("input", { name: "to", type: "datetime-local", value: to && toLocal(to) })]
    ], { read, buttons: [downloadButton("v1/audit", parameters, "audit.csv")] });
    const nothing = () => empty(Object.keys(parameters).length === 0 ? "Nothing has been recorded yet." : "No entries match these filters.");
    return [h("h1", {}, "Audit"), form,
        pages("v1/audit", parameters, "entries", rows => table("Entries", [
            ["When", entry => timeAndDistance(entry.at)],
            ["Who", entry => who(entry.actor, parameters)],
            ["What", what],
            ["Target", target_],
            ["Outcome", outcomeOf],
            ["Address", entry => h("span", { title: entry.requestId ? `Request ${entry.requestId}` : null }, entry.address ?? "–")]
        ], rows), nothing, { sparse: true })];
}

function what(entry) {
    return [ACTIONS[entry.action] ?? entry.action,
        entry.changes.length > 0 ? `: ${fieldsOf(entry)}` : "",
        entry.count > 1 ? h("small", {}, ` ${number(entry.count)} times`) : ""];
}

/** The names of the changed fields. */
export function fieldsOf(entry) {
    return entry.changes.map(name => FIELDS[name] ?? name).join(", ");
}

function target_({ action, target }) {
    if (!target) {
        return "–";
    }
    if (target.startsWith("key_")) {
        return h("a", { href: link("key", { id: target }), class: "id" }, target);
    }
    return action === "owner.revoke" ? h("a", { href: link("keys", { owner: target }) }, h("bdi", {}, target)) : h("span", { class: "id" }, target);
}

function outcomeOf(entry) {
    return entry.outcome === "done" ? h("span", { class: "pill good" }, "done")
        : [h("span", { class: "pill bad" }, "refused"), " ", h("small", {}, wordsOf(entry.code))];
}

/** The code of a refused call in words. */
export function wordsOf(code) {
    return CODES[code] ?? code;
}

/** Who acted, as a link to everything that this actor did. */
export function who({ id, name }, parameters = {}) {
    if (!id) {
        return h("span", { class: "note" }, "caller without a valid key");
    }
    const href = link("audit", { ...parameters, actor: id });
    if (id.startsWith("key:")) {
        return h("a", { href, title: id }, "the key holder");
    }
    if (id.startsWith("link:")) {
        return h("a", { href, title: id }, "the owner, through a link");
    }
    return h("a", { href, title: explained(id) ?? id }, h("bdi", {}, name ?? id));
}

/** What the management keys from the environment are; null for others. */
export function explained(id) {
    return id === ENVIRONMENT ? "The admin key in KEYLAPSE_ADMIN_KEY" : id === FORMER_ENVIRONMENT ? "A key in KEYLAPSE_FORMER_ADMIN_KEYS" : null;
}
