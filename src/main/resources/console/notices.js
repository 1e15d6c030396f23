// Notices: who was told what, whether it arrived, and why not; and once more what was given up.

import { link } from "./address.js";
import { get, send } from "./api.js";
import { ask } from "./dialogs.js";
import { h, select, show, tell } from "./dom.js";
import { filters, pages, table } from "./lists.js";
import { fromLocal, length, time, timeAndDistance, toLocal } from "./times.js";

const TYPES = [["", "any"], ...["expiring", "expired", "revoked", "rotated", "renewed"].map(word => [`api_key.${word}`, word])];
const STATES = [["", "all notices"], ["dead", "deliveries that failed"], ["pending", "deliveries that are being tried"], ["delivered", "deliveries that arrived"]];

export function notices(parameters, me) {
    const { owner = "", keyId = "", type = "", from = "", to = "", state = "" } = parameters;
    const form = filters("notices", [
        ["Show", select("state", STATES, state)],
        ["Owner", h("input", { name: "owner", value: owner, autocomplete: "off" })],
        ["Key id", h("input", { name: "keyId", value: keyId, autocomplete: "off", spellcheck: "false" })],
        ["About", select("type", TYPES, type)],
        ["Written from", h("input", { name: "from", type: "datetime-local", value: from && toLocal(from) })],
        ["Written before", h("input", { name: "to", type: "datetime-local", value: to && toLocal(to) })]
    ], {
        read: form => {
            const read = Object.fromEntries(new FormData(form));
            return read.state
                ? { state: read.state }
                : { ...read, owner: read.owner.trim(), keyId: read.keyId.trim(), from: fromLocal(read.from), to: fromLocal(read.to) };
        }
    });
    const choose = () => form.querySelectorAll("[data-field]").forEach(field =>
        field.hidden = form.elements.state.value !== "" && field.dataset.field !== "state");
    form.elements.state.addEventListener("change", choose);
    choose();
    return [h("h1", {}, "Notices"), form, state ? deliveries({ state }, me) : all(parameters, me)];
}

function all(parameters, me) {
    return pages("v1/notices", parameters, "notices", rows => table("Notices", [
        ["Written", notice => timeAndDistance(notice.writtenAt)],
        ["About", notice => [h("b", {}, notice.type.replace("api_key.", "")), notice.leadTime ? `, ${notice.leadTime} before` : ""]],
        ["Owner", notice => h("a", { href: link("notices", { ...parameters, owner: notice.owner }) }, notice.owner)],
        ["Key", notice => h("a", { href: link("key", { id: notice.keyId }) }, notice.hint)],
        ["Sent to", notice => notice.deliveries.length === 0 ? "nobody to tell" : h("ul", { class: "plain" }, notice.deliveries.map(each => h("li", {}, delivery(each, me))))]
    ], rows), "There is no such notice. One is written when a key expires soon, has expired, or is renewed, rotated or revoked, and there is somebody to tell: a webhook that wants it, or a contact on the key.");
}

function deliveries(parameters, me) {
    return pages("v1/deliveries", parameters, "deliveries", rows => table("Deliveries", [
        ["To", each => each.target],
        ["By", each => each.channel],
        ["State", each => delivery(each, me)],
        ["Ended", each => timeAndDistance(each.endedAt)],
        ["Next attempt", each => timeAndDistance(each.nextAttemptAt)]
    ], rows), parameters.state === "dead" ? "No delivery has failed. Those that are given up after some days of trying come here." : "There is none.");
}

/** `mailed to a@b.example`, `on its way to …`. */
export function deliveryWords({ channel, target, state, attempts }) {
    const to = channel === "email" ? `by e-mail to ${target}` : `by webhook to ${target}`;
    return {
        delivered: `arrived ${to}`,
        pending: attempts === 0 ? `is on its way ${to}` : `is on its way ${to}, after ${attempts} attempt${attempts === 1 ? "" : "s"}`,
        dead: `was given up after ${attempts} attempt${attempts === 1 ? "" : "s"}, ${to}`,
        cancelled: `was taken back, ${to}`
    }[state];
}

function delivery(each, me) {
    const pill = { delivered: "good", dead: "bad" }[each.state] ?? "";
    return [h("span", { class: `pill ${pill}` }, { dead: "failed" }[each.state] ?? each.state), ` ${each.target} `,
        each.attempts > 0 ? h("button", { type: "button", class: "small", onclick: () => log(each.id, me) }, each.attempts === 1 ? "1 attempt" : `${each.attempts} attempts`) : null];
}

/** Every attempt, and a button for one more if it was given up. */
function log(id, me) {
    const place = h("div");
    let dialog = null;
    void show(place, "the log", async () => {
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
                        tell("It is sent again.");
                        dispatchEvent(new HashChangeEvent("hashchange"));
                    } catch (error) {
                        event.target.replaceWith(h("p", { class: "error", role: "alert" }, error.message));
                    }
                }
            }, "Send it again")) : null];
    });
    dialog = ask({ title: "What was tried", body: place, action: "Close", submit: () => {} });
    dialog.querySelector("form > .buttons > button[type=button]").remove();
}
