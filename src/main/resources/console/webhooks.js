// The list of webhooks with their health, the form that adds one, and the actions on each.

import { link } from "./address.js";
import { get, query, send } from "./api.js";
import { ask, secretShown } from "./dialogs.js";
import { empty, field, h, show, tell } from "./dom.js";
import { table } from "./lists.js";
import { timeAndDistance } from "./times.js";

const EVENTS = ["expiring", "expired", "revoked", "rotated", "renewed"].map(word => `api_key.${word}`);

export function webhooks(_, me) {
    const place = h("section", { "aria-label": "webhooks" });
    const again = () => show(place, "webhooks", async () => {
        const { items } = await get(query("v1/webhooks", { limit: 500 }));
        if (items.length === 0) {
            return empty("No webhooks yet. A webhook receives a signed request when a key is about to expire, expires, or is renewed, rotated or revoked.");
        }
        const health = new Map(await Promise.all(items.map(async each => [each.id, await healthOf(each)])));
        return table("Webhooks", [
            ["URL", each => [h("b", {}, each.url), each.description ? h("div", {}, each.description) : null]],
            ["Events", each => [each.events.length === 0 ? "all" : each.events.map(type => type.replace("api_key.", "")).join(", "),
                each.owners.length === 0 ? "" : `; owners: ${each.owners.join(", ")}`]],
            ["Health", each => health.get(each.id)],
            ["Created", each => timeAndDistance(each.createdAt)],
            ...me.may("manage_webhooks") ? [["Actions", each => actions(each, again)]] : []
        ], items).element;
    });
    void again();
    return [h("h1", {}, "Webhooks"),
        me.may("manage_webhooks") ? h("div", { class: "buttons" }, h("button", { type: "button", class: "primary", onclick: () => create(again) }, "Add a webhook")) : null,
        place];
}

async function healthOf(webhook) {
    if (!webhook.enabled) {
        return [h("span", { class: "pill bad" }, "disabled"), ` ${webhook.disabledBecause ?? ""}`];
    }
    let dead;
    let pending;
    try {
        [dead, pending] = await Promise.all(["dead", "pending"].map(state => get(query("v1/deliveries", { webhookId: webhook.id, state, limit: 100 }))));
    } catch (error) {
        return error.message;
    }
    const many = page => `${page.items.length}${page.next ? " or more" : ""}`;
    const failing = pending.items.filter(each => each.attempts > 1).length;
    return dead.items.length + failing === 0
        ? h("span", { class: "pill good" }, "Healthy")
        : [dead.items.length > 0 ? [h("span", { class: "pill bad" }, `${many(dead)} failed`), " ", h("a", { href: link("notices", { state: "dead" }) }, "show"), " "] : null,
            failing > 0 ? h("span", { class: "pill" }, `${failing} retrying`) : null];
}

function create(again) {
    ask({
        title: "Add a webhook", action: "Add the webhook",
        body: [
            field("URL", h("input", { name: "url", type: "url", required: true, placeholder: "https://", autocomplete: "off" })),
            field("Description", h("input", { name: "description", autocomplete: "off" })),
            h("fieldset", { "data-field": "events" }, h("legend", {}, "Send a request when a key"),
                EVENTS.map(type => h("label", { class: "check" }, h("input", { type: "checkbox", name: "events", value: type, checked: true }),
                    { expiring: "is about to expire", expired: "expires", revoked: "is revoked", rotated: "is rotated", renewed: "is renewed" }[type.replace("api_key.", "")])),
                h("small", { class: "error" })),
            field("Owners", h("input", { name: "owners", autocomplete: "off" }), { hint: "Separate owners with commas. Leave empty for all owners." })],
        submit: async form => {
            const wanted = new FormData(form);
            const events = wanted.getAll("events");
            if (events.length === 0) {
                throw new Error("Choose at least one event.");
            }
            const made = await send("POST", "v1/webhooks", {
                url: wanted.get("url").trim(),
                description: wanted.get("description").trim(),
                events: events.length === EVENTS.length ? [] : events,
                owners: wanted.get("owners").split(",").map(owner => owner.trim()).filter(Boolean)
            });
            return secretShown({
                title: "The signing secret", secret: made.secret,
                warning: "Copy it to the receiver now. The receiver needs it to verify signatures (Standard Webhooks). It will not be shown again. If it is lost, create a new one.",
                done: again
            });
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
