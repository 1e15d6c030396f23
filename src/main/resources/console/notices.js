// Notices and their deliveries: recipients, states and attempts, and a retry of failed deliveries.

import { link } from "./address.js";
import { get, send } from "./api.js";
import { ask } from "./dialogs.js";
import { empty, h, select, show, tell } from "./dom.js";
import { filters, pages, table } from "./lists.js";
import { languageName, previewMail } from "./mails.js";
import { exactly, fromLocal, length, time, timeAndDistance, toLocal } from "./times.js";

const TYPES = [["", "any"], ...["expiring", "expired", "revoked", "rotated", "renewed", "refused"].map(word => [`api_key.${word}`, word])];
const STATES = [["", "all notices"], ["dead", "failed deliveries"], ["pending", "pending deliveries"], ["delivered", "successful deliveries"]];

export function notices(parameters, me) {
    const { owner = "", keyId = "", type = "", from = "", to = "", state = "", webhookId } = parameters;
    const form = filters("notices", [
        ["Show", select("state", STATES, state)],
        ["Owner", h("input", { name: "owner", value: owner, autocomplete: "off" })],
        ["Key ID", h("input", { name: "keyId", value: keyId, autocomplete: "off", spellcheck: "false" })],
        ["Event", select("type", TYPES, type)],
        ["Created on or after", h("input", { name: "from", type: "datetime-local", value: from && toLocal(from) })],
        ["Created before", h("input", { name: "to", type: "datetime-local", value: to && toLocal(to) })]
    ], {
        read: form => {
            const read = Object.fromEntries(new FormData(form));
            return read.state
                ? { state: read.state, webhookId }
                : { ...read, owner: read.owner.trim(), keyId: read.keyId.trim(), from: fromLocal(read.from, from), to: fromLocal(read.to, to) };
        },
        buttons: me.may("manage_webhooks") ? [h("button", { type: "button", onclick: previewMail }, "Preview mail")] : []
    });
    const choose = () => form.querySelectorAll("[data-field]").forEach(field =>
        field.hidden = form.elements.state.value !== "" && field.dataset.field !== "state");
    form.elements.state.addEventListener("change", choose);
    choose();
    return [h("h1", {}, "Notices"), form,
        state && webhookId ? h("p", { class: "note" }, "Only deliveries to one webhook. ", h("a", { href: link("notices", { state }) }, "Show all")) : null,
        state ? deliveries({ state, webhookId }, me) : all(parameters, me)];
}

export { all as noticeList };

function all(parameters, me) {
    return pages("v1/notices", parameters, "notices", rows => table("Notices", [
        ["Created", notice => timeAndDistance(notice.writtenAt)],
        ["Event", notice => [h("b", { class: "nowrap" }, notice.type.replace("api_key.", "")), notice.leadTime ? `, ${exactly(notice.leadTime)} before` : ""]],
        ["Owner", notice => h("a", { href: link("notices", { ...parameters, owner: notice.owner }) }, h("bdi", {}, notice.owner))],
        ["Key", notice => [h("a", { href: link("key", { id: notice.keyId }) }, notice.hint), notice.name ? [" ", h("bdi", {}, notice.name)] : ""]],
        ["Owner notified", notice => notice.deliveries.length === 0 ? "–" : toldPills(notice.told)],
        ["Deliveries", notice => notice.deliveries.length === 0 ? "No recipients" : h("ul", { class: "plain" }, [...notice.deliveries.map(each => h("li", {}, delivery(each, me))), missingLanguage(notice)])]
    ], rows), () => empty(Object.keys(parameters).length > 0 ? "No notices match these filters." : "No notices yet. Keylapse creates a notice when a key is about to expire, expires, or is renewed, rotated or revoked. There must be a recipient: a webhook for the event, or a contact of the key."));
}

/** Says so if the mail is not in the owner's language, because there are no templates for it. */
function missingLanguage({ language, mailLanguage }) {
    return language && mailLanguage && language.toLowerCase().split("-")[0] !== mailLanguage.split("-")[0]
        ? h("li", {}, h("small", {}, `Written in ${languageName(mailLanguage)}: there are no templates for ${languageName(language)}.`))
        : null;
}

function deliveries(parameters, me) {
    return pages("v1/deliveries", parameters, "deliveries", rows => table("Deliveries", [
        ["To", each => each.target],
        ["Channel", each => each.channel],
        ["State", each => delivery({ ...each, target: "" }, me)],
        ["Finished", each => timeAndDistance(each.endedAt)],
        ["Next attempt", each => timeAndDistance(each.nextAttemptAt)]
    ], rows), () => empty(parameters.state === "dead" ? "No failed deliveries. A delivery fails when the receiver refuses it permanently, or after ten attempts." : "No matching deliveries."));
}

/** Who was notified: the owner by mail, and webhooks, which may not belong to the owner. */
export function toldPills({ mail, webhooks, delivered, pending, dead }) {
    if (delivered + pending + dead === 0) {
        return h("span", { class: "pill", title: "The key was renewed before this was delivered." }, "cancelled");
    }
    const pill = (kind, words, title) => h("span", { class: `pill ${kind}`, title }, words);
    const calls = (count, kind, words) => count > 0 && pill(kind, `${count === 1 ? "webhook" : `${count} webhooks`} ${words}`);
    const pills = [
        mail === undefined ? pill("", "no mail", "The key has no contact, or no mail server is configured.")
            : { delivered: pill("good", "mail delivered"), pending: pill("", "mail pending"), dead: pill("bad", "mail failed"), cancelled: pill("", "mail cancelled") }[mail],
        calls(webhooks.delivered, "good", "delivered"), calls(webhooks.pending, "", "pending"), calls(webhooks.dead, "bad", "failed")];
    return pills.filter(Boolean).flatMap(each => [each, " "]);
}

/** The state of a delivery in words: `was delivered by e-mail to a@b.example`, `is waiting to be sent …`. */
export function deliveryWords({ channel, target, state, attempts }) {
    const to = channel === "email" ? `by e-mail to ${target}` : `by webhook to ${target}`;
    return {
        delivered: `was delivered ${to}`,
        pending: attempts === 0 ? `is waiting to be sent ${to}` : `is waiting to be sent again ${to}, after ${attempts} attempt${attempts === 1 ? "" : "s"}`,
        dead: `could not be delivered ${to}, after ${attempts} attempt${attempts === 1 ? "" : "s"}`,
        cancelled: `was cancelled before it was sent ${to}`
    }[state];
}

function delivery(each, me) {
    const pill = { delivered: "good", dead: "bad" }[each.state] ?? "";
    return [h("span", { class: `pill ${pill}` }, { dead: "failed" }[each.state] ?? each.state), ` ${each.target} `,
        each.attempts > 0 ? h("button", { type: "button", class: "small", onclick: () => log(each.id, me) }, each.attempts === 1 ? "1 attempt" : `${each.attempts} attempts`) : null];
}

/** A dialog with all attempts of a delivery, and a retry button if it failed. */
function log(id, me) {
    const place = h("div");
    let dialog = null;
    void show(place, "attempts", async () => {
        const found = await get(`v1/deliveries/${id}`);
        return [
            h("p", {}, `This notice ${deliveryWords(found)}.`),
            h("ol", { class: "timeline" }, found.log.map(attempt => h("li", { class: attempt.status >= 200 && attempt.status < 300 ? "told delivered" : "told dead" },
                time(attempt.begunAt), h("div", {}, `${attempt.outcome}, after ${length(attempt.tookMs)}`), attempt.response ? h("pre", { tabindex: 0 }, attempt.response) : null))),
            found.state === "dead" && me.may("manage_webhooks") ? h("div", { class: "buttons" }, h("button", {
                type: "button", class: "primary", onclick: async event => {
                    event.target.disabled = true;
                    try {
                        await send("POST", `v1/deliveries/${id}/replay`);
                        dialog.close();
                        tell("Retrying the delivery.");
                        dispatchEvent(new HashChangeEvent("hashchange"));
                    } catch (error) {
                        event.target.replaceWith(h("p", { class: "error", role: "alert" }, error.message));
                    }
                }
            }, "Retry delivery")) : null];
    });
    dialog = ask({ title: "Delivery attempts", body: place, action: "Close", submit: () => {} });
    dialog.querySelector("form > .buttons > button[type=button]").remove();
}
