// Changes of many keys: rows are selected, the effect is previewed, and each key gets its result.

import { link } from "./address.js";
import { send } from "./api.js";
import { ask } from "./dialogs.js";
import { field, h, put, select } from "./dom.js";
import { bdi, table } from "./table.js";
import { duration, statePill } from "./keys.js";
import { fromLocal, number, time } from "./times.js";

/** Keys shown in a preview or a result. The numbers above them are of all. */
const SHOWN = 200;

/**
 * Lets the user select rows of a table of keys, or all that match the filters.
 *
 * @param filter the filters of the list; without any, only rows can be selected
 * @returns {{column: Array, bar: Element, forget: function(Object)}} a column with a check box for each row, the buttons, and
 *     what is called with a key that the table shows no longer
 */
export function selection(filter) {
    const chosen = new Set();
    const boxes = new Map();
    const count = h("span", { role: "status" });
    const everything = h("input", { type: "checkbox", onchange: () => refresh() });
    const all = h("label", { class: "check" }, everything, "All keys that match these filters");
    const some = () => everything.checked ? { filter: clean(filter) } : { ids: [...chosen] };
    const renewButton = h("button", { type: "button", onclick: () => renewMany(some()) }, "Renew …");
    const revokeButton = h("button", { type: "button", class: "danger", onclick: () => revokeMany(some()) }, "Revoke …");
    const pick = h("button", { type: "button", onclick: () => choose(chosen.size < boxes.size) }, "Select all shown");

    function refresh() {
        const on = everything.checked;
        boxes.forEach((box, id) => {
            box.disabled = on;
            box.checked = on || chosen.has(id);
        });
        count.textContent = on ? "All matching keys are selected" : `${number(chosen.size)} selected`;
        pick.textContent = chosen.size > 0 && chosen.size === boxes.size ? "Select none" : "Select all shown";
        pick.disabled = on;
        renewButton.disabled = revokeButton.disabled = !on && (chosen.size === 0 || chosen.size > 1000);
    }

    function choose(on) {
        boxes.forEach((_, id) => on ? chosen.add(id) : chosen.delete(id));
        refresh();
    }

    refresh();
    return {
        column: ["Select", key => {
            const box = h("input", {
                type: "checkbox", "aria-label": `Select ${key.hint}`, onchange: () => {
                    box.checked ? chosen.add(key.id) : chosen.delete(key.id);
                    refresh();
                }
            });
            box.disabled = everything.checked;
            box.checked = everything.checked || chosen.has(key.id);
            boxes.set(key.id, box);
            refresh();
            return box;
        }, "tight"],
        bar: h("div", { class: "bulk", role: "group", "aria-label": "Change the selected keys" },
            pick, Object.keys(clean(filter)).length > 0 ? all : null, count, renewButton, revokeButton),
        forget(key) {
            chosen.delete(key.id);
            boxes.delete(key.id);
            refresh();
        }
    };
}

/** The filters that are set. An unlimited list has a boolean in the API. */
function clean(filter) {
    return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== "" && value !== undefined && value !== null));
}

/** Asks for a reason, shows what would happen, and revokes the keys. */
export function revokeMany(some, what = "keys") {
    ask({
        title: `Revoke ${what}`, action: "Preview",
        body: [h("p", {}, "You see a preview first. Nothing changes until you confirm it."),
            field("Reason", h("input", { name: "reason", autocomplete: "off", maxlength: 200 }), { hint: "Recorded permanently and sent to the owners." })],
        submit: form => preview("revoke", { ...some, reason: form.elements.reason.value.trim() || undefined }, what)
    });
}

/** Asks for a deadline, shows what would happen, and renews the keys. */
export function renewMany(some, what = "keys") {
    ask({
        title: `Renew ${what}`, action: "Preview",
        body: [h("p", {}, "You see a preview first. Nothing changes until you confirm it."),
            h("div", { class: "row" },
                field("New lifetime from now", h("input", { name: "amount", type: "number", min: 1, value: 30 }), { name: "ttl" }),
                field("Unit", select("unit", [["D", "days"], ["H", "hours"], ["M", "minutes"]], "D"))),
            field("Or a date", h("input", { name: "expiresAt", type: "datetime-local" }), { hint: "If you choose a date, the lifetime is ignored." })],
        submit: form => {
            const { amount, unit, expiresAt } = form.elements;
            return preview("renew", { ...some, ...expiresAt.value ? { expiresAt: fromLocal(expiresAt.value) } : { ttl: duration(amount.value, unit.value) } }, what);
        }
    });
}

/** A dry run of the first call, and a button that makes the change. */
async function preview(verb, body, what) {
    const { matched, results, next } = await send("POST", `v1/keys:${verb}`, { ...body, dryRun: true });
    const place = h("div", { class: "wide" });
    const close = event => event.target.closest("dialog").close();
    const earlier = results.filter(each => each.outcome === "done" && each.before.expiresAt && each.after.expiresAt < each.before.expiresAt).length;
    const changes = results.some(each => each.outcome === "done") || next;
    put(place,
        h("h2", {}, `${verb === "revoke" ? "Revoke" : "Renew"} ${number(matched)} ${matched === 1 ? "key" : what}?`),
        h("p", {}, `${next ? `Of the first ${number(results.length)}: ` : ""}${words(results, verb, "would be")}.`),
        verb === "revoke" && changes ? h("p", { class: "warning" }, "Every gateway will refuse these keys. This cannot be undone.") : null,
        verb === "renew" && earlier > 0 ? h("p", { class: "warning" }, `${number(earlier)} of them would get an earlier deadline.`) : null,
        list(results),
        h("div", { class: "buttons" },
            changes ? h("button", { type: "button", class: verb === "revoke" ? "danger" : "primary", onclick: () => run(place, verb, body, matched) }, `${verb === "revoke" ? "Revoke" : "Renew"} ${number(matched)} ${matched === 1 ? "key" : "keys"}`) : null,
            h("button", { type: "button", onclick: close }, changes ? "Cancel" : "Close")));
    // Nothing is lost by Escape here. The focus is not on the button, so that Enter twice does not change the keys.
    setTimeout(() => {
        place.closest("dialog")?.toggleAttribute("data-stays", false);
        place.querySelector(".results").focus();
    });
    return place;
}

/** Repeats the call until all keys are processed, and shows the progress. If a call fails, earlier changes remain. */
async function run(place, verb, body, matched) {
    const dialog = place.closest("dialog");
    const bar = h("progress", { max: matched, value: 0, "aria-label": "Progress" });
    const status = h("p", { role: "status" }, "Working …");
    // Its id names the dialog.
    const heading = place.querySelector("h2");
    heading.textContent = verb === "revoke" ? "Revoking keys" : "Renewing keys";
    put(place, heading, bar, status);
    // The result would be lost.
    dialog.toggleAttribute("data-stays", true);
    const done = [];
    let cursor;
    let failure = null;
    try {
        do {
            const answer = await send("POST", `v1/keys:${verb}`, { ...body, cursor });
            done.push(...answer.results);
            bar.value = done.length;
            status.textContent = `${number(done.length)} of ${number(matched)}`;
            cursor = answer.next;
        } while (cursor);
    } catch (error) {
        failure = error;
    }
    dialog.toggleAttribute("data-stays", false);
    dialog.addEventListener("close", () => dispatchEvent(new HashChangeEvent("hashchange")));
    const button = h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Close");
    heading.textContent = failure ? "Stopped" : "Done";
    put(place, heading,
        failure ? h("p", { class: "error", role: "alert" }, `${failure.message} The keys below were processed. Repeat the action for the others.`) : null,
        h("p", { role: "status" }, `${words(done, verb, "")}.`),
        list(done),
        h("div", { class: "buttons" }, button));
    button.focus();
}

function words(results, verb, would) {
    const of = outcome => results.filter(each => each.outcome === outcome).length;
    const done = `${number(of("done"))} ${would} ${verb === "revoke" ? "revoked" : "renewed"}`.replace("  ", " ");
    return [done, of("unchanged") > 0 && `${number(of("unchanged"))} had already ended`, of("refused") > 0 && `${number(of("refused"))} ${would ? "would be refused" : "were refused"}`].filter(Boolean).join(", ");
}

/** Refused keys first, because they need attention. */
function list(results) {
    const sorted = [...results.filter(each => each.outcome === "refused"), ...results.filter(each => each.outcome !== "refused")];
    const shown = table("Keys", [
        ["Key", each => each.hint ? h("a", { href: link("key", { id: each.id }) }, each.hint) : each.id, "tight"],
        ["Owner", each => bdi(each.owner ?? "–")],
        ["Name", each => bdi(each.name || "–")],
        ["Before", each => each.before ? [statePill(each.before.state), " ", each.before.state === "active" ? until(each.before.expiresAt) : ""] : "–"],
        ["After", each => each.after ? [statePill(each.after.state), " ", each.after.state === "active" ? until(each.after.expiresAt) : ""]
            : h("span", { class: "bad" }, { KEY_ENDED: "Refused: the key has ended permanently", NOT_FOUND: "Not found", INVALID_REQUEST: "Refused: the deadline is too soon" }[each.code] ?? "Refused")]
    ], sorted.slice(0, SHOWN)).element;
    shown.classList.add("plain");
    return h("div", { class: "scroll results", tabindex: 0, role: "region", "aria-label": "Keys and their results" }, shown,
        results.length > SHOWN ? h("p", {}, h("small", {}, `and ${number(results.length - SHOWN)} more`)) : null);
}

function until(instant) {
    return instant ? ["until ", time(instant)] : "without a deadline";
}
