// The list of webhooks with their health, the form that adds one, and the actions on each.

import { link } from "./address.js";
import { send } from "./api.js";
import { fieldError } from "./deadline.js";
import { ask, secretShown } from "./dialogs.js";
import { empty, field, h, isChanged, tell, title } from "./dom.js";
import { list, ordering } from "./lists.js";
import { table } from "./table.js";
import { distance, number, time, timeAndDistance } from "./times.js";

/** The list is read as a whole, up to the largest page of the API. */
const LIMIT = 500;

/** The orders of the list. By health, those that need attention come first. */
const VALUES = {
    url: each => each.url,
    health: each => ["disabled", "failing", undefined, "unused", "healthy"].indexOf(each.health?.status),
    createdAt: each => Date.parse(each.createdAt)
};

export function webhooks(parameters, me) {
    const order = ordering("webhooks", parameters, "-createdAt", { values: VALUES });
    const { element, again } = list("v1/webhooks", { limit: LIMIT }, "webhooks", rows => table("Webhooks", [
        ["URL", each => [h("b", {}, each.url), each.description ? h("div", {}, each.description) : null], null, "url"],
        ["Events", each => [each.events.length === 0 ? "all" : each.events.map(type => type.replace("api_key.", "")).join(", "),
            each.owners.length === 0 ? "" : ["; owners: ", each.owners.map((owner, index) => [index > 0 ? ", " : "", h("bdi", {}, owner)])]]],
        ["Health", health, null, "health"],
        ["Created", each => timeAndDistance(each.createdAt), null, "-createdAt"],
        ...me.may("manage_webhooks") ? [["Actions", each => actions(each, again)]] : []
    ], rows, { order }),
    () => empty("No webhooks yet. A webhook receives a signed request when a key is about to expire, expires, or is renewed, rotated or revoked."));
    return [title("Webhooks", me.may("manage_webhooks") ? h("button", { type: "button", class: "primary", onclick: () => create(again) }, "Add a webhook") : null),
        element];
}

/** Whether deliveries arrive, and if not, why. */
function health({ id, enabled, disabledBecause, health: report }) {
    const state = enabled ? { healthy: ["good", "Healthy"], failing: ["bad", "Failing"], unused: ["", "No deliveries yet"] }[report?.status] : ["bad", "Disabled"];
    const pill = state ? h("span", { class: `pill ${state[0]}` }, state[1]) : h("span", { class: "pill" }, "Unknown: the service is busy");
    if (!report) {
        return [pill, enabled ? "" : ` ${disabledBecause}`];
    }
    const { pending, oldestPendingAt, retrying, dead, successRate, lastDeliveredAt, lastFailure, exact } = report;
    const count = value => `${exact ? "" : "at least "}${number(value)}`;
    const lines = [
        enabled ? null : disabledBecause,
        lastFailure && report.status !== "healthy" ? [h("b", { class: "bad" }, lastFailure.outcome), " ", h("small", {}, distance(lastFailure.at))] : null,
        pending > 0 ? [h("a", { href: link("notices", { state: "pending", webhookId: id }) }, `${count(pending)} pending`),
            retrying === 0 ? "" : retrying === pending ? ", waiting for a retry" : `, ${count(retrying)} of them waiting for a retry`, ", the oldest since ", time(oldestPendingAt)] : null,
        dead > 0 ? h("a", { href: link("notices", { state: "dead", webhookId: id }) }, `${count(dead)} given up`) : null,
        successRate === undefined ? null : h("small", {}, `${Math.floor(successRate * 100)}% delivered in the last 24 hours`),
        lastDeliveredAt ? h("small", {}, "last delivered ", distance(lastDeliveredAt)) : null];
    return [pill, h("ul", { class: "plain" }, lines.filter(Boolean).map(line => h("li", {}, line)))];
}

/** What a webhook can send a request about: "Send a request when a key …". */
const EVENTS = {
    "api_key.expiring": "is about to expire",
    "api_key.expired": "expires",
    "api_key.revoked": "is revoked",
    "api_key.rotated": "is rotated",
    "api_key.renewed": "is renewed",
    "api_key.refused": "has ended but is still used"
};

/**
 * The inputs for a webhook.
 *
 * @param webhook the webhook to start from; without one, the inputs are empty
 * @returns {{elements: Array, changes: function(): Object}} the inputs; and the fields of the API whose inputs were changed
 */
function inputs({ url = "", description = "", events = [], owners = [], enabled } = {}) {
    const address = h("input", { name: "url", type: "url", required: true, placeholder: "https://", autocomplete: "off", value: url });
    const words = h("input", { name: "description", autocomplete: "off", value: description });
    const boxes = Object.keys(EVENTS).map(type => h("input", { type: "checkbox", name: "events", value: type, checked: events.length === 0 || events.includes(type) }));
    const only = h("textarea", { name: "owners", rows: 2, spellcheck: "false" }, owners.join("\n"));
    const on = h("input", { type: "checkbox", name: "enabled", checked: enabled });
    const chosen = () => boxes.filter(each => each.checked).map(each => each.value);
    return {
        elements: [
            field("URL", address),
            field("Description", words),
            h("fieldset", { "data-field": "events" }, h("legend", {}, "Send a request when a key"),
                boxes.map(box => h("label", { class: "check" }, box, EVENTS[box.value])),
                h("small", { class: "error" })),
            field("Owners", only, { hint: "One owner per line. Leave empty for all owners." }),
            enabled === undefined ? null : h("label", { class: "check" }, on, "Enabled: requests are sent")],
        changes() {
            if (chosen().length === 0) {
                throw fieldError("events", "Choose at least one event.");
            }
            return {
                ...isChanged(address) && { url: address.value.trim() },
                ...isChanged(words) && { description: words.value.trim() },
                ...boxes.some(isChanged) && { events: chosen().length === boxes.length ? [] : chosen() },
                ...isChanged(only) && { owners: only.value.split("\n").map(owner => owner.trim()).filter(Boolean) },
                ...isChanged(on) && { enabled: on.checked }
            };
        }
    };
}

function create(again) {
    const { elements, changes } = inputs();
    ask({
        title: "Add a webhook", action: "Add the webhook", body: elements,
        submit: async () => {
            const made = await send("POST", "v1/webhooks", changes());
            return secretShown({
                title: "The signing secret", secret: made.secret,
                warning: "Copy it to the receiver now. The receiver needs it to verify signatures (Standard Webhooks). It will not be shown again. If it is lost, create a new one.",
                done: again
            });
        }
    });
}

/** Only the fields that were changed are sent. */
function edit(webhook, again) {
    const { elements, changes } = inputs(webhook);
    ask({
        title: "Edit the webhook", action: "Save", body: elements,
        submit: async () => {
            const body = changes();
            if (Object.keys(body).length === 0) {
                return () => tell("Nothing was changed.");
            }
            await send("PATCH", `v1/webhooks/${webhook.id}`, body);
            return () => {
                tell("Webhook edited.");
                return again();
            };
        }
    });
}

function actions(webhook, again) {
    const button = (text, onclick, danger) => h("button", { type: "button", class: danger ? "danger small" : "small", onclick }, text);
    const named = `the webhook at ${webhook.url}`;
    return h("div", { class: "buttons" },
        button("Send test", async event => {
            event.target.disabled = true;
            try {
                const result = await send("POST", `v1/webhooks/${webhook.id}/test`);
                tell(result.result === "delivered" ? `Test delivered (${result.outcome}).` : `Test failed: ${result.outcome}.`);
            } catch (error) {
                tell(error.message);
            } finally {
                event.target.disabled = false;
            }
        }),
        button("Retry failed deliveries", () => ask({
            title: "Retry failed deliveries?", action: "Retry", body: h("p", {}, `This retries all failed deliveries to ${named}.`),
            submit: async () => {
                const { replayed } = await send("POST", `v1/webhooks/${webhook.id}/replay`);
                return () => {
                    tell(replayed === 1 ? "Retrying 1 delivery." : `Retrying ${replayed} deliveries.`);
                    return again();
                };
            }
        })),
        button("Edit", () => edit(webhook, again)),
        webhook.enabled ? null : button("Enable", async () => {
            try {
                await send("PATCH", `v1/webhooks/${webhook.id}`, { enabled: true });
                await again();
            } catch (error) {
                tell(error.message);
            }
        }),
        button("New secret", () => ask({
            title: "Create a new secret?", action: "Create a new secret", body: h("p", {}, `For 24 hours, requests to ${named} are signed with both secrets, so that the receiver can switch.`),
            submit: async () => {
                const made = await send("POST", `v1/webhooks/${webhook.id}/rotate-secret`);
                return secretShown({ title: "The new signing secret", secret: made.secret, warning: "Copy it now to the receiver. It will not be shown again." });
            }
        })),
        button("Delete", () => ask({
            title: "Delete the webhook?", action: "Delete the webhook", danger: true,
            body: h("p", {}, `No more requests will be sent to ${named}. Pending deliveries will be cancelled.`),
            submit: async () => {
                await send("DELETE", `v1/webhooks/${webhook.id}`);
                return () => {
                    tell("Webhook deleted.");
                    return again();
                };
            }
        }), true));
}
