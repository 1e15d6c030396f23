// One key: its details, the actions on it, and its history.

import { link } from "./address.js";
import { get, query, send } from "./api.js";
import { fieldsOf, who, wordsOf } from "./audit.js";
import { change, deadlineInputs, lengthInputs, readable } from "./deadline.js";
import { edit } from "./details.js";
import { ask, secretShown } from "./dialogs.js";
import { empty, field, h, show, tell } from "./dom.js";
import { isInGrace, keyPill, lastUsed } from "./keys.js";
import { languageName } from "./mails.js";
import { deliveryWords } from "./notices.js";
import { durationMs, exactly, length, time, timeAndDistance } from "./times.js";

export function key({ id = "" }, me) {
    const place = h("div");
    void show(place, "the key", () => whole(id, me, place));
    return [h("p", {}, h("a", { href: link("keys") }, "All keys")), place];
}

async function whole(id, me, place) {
    let found;
    try {
        found = await get(`v1/keys/${encodeURIComponent(id)}`);
    } catch (error) {
        if (error.status === 404 || error.status === 400) {
            return empty("This key does not exist.");
        }
        throw error;
    }
    const [endings, notices, acts] = await Promise.all([
        get(query("v1/blacklist", { keyId: found.id, limit: 200 })), get(query("v1/notices", { keyId: found.id, limit: 200 })),
        me.may("read_audit") ? get(query("v1/audit", { target: found.id, limit: 200 })) : { items: [] }]);
    const again = () => show(place, "the key", () => whole(id, me, place));
    return [
        h("h1", {}, found.hint, " ", keyPill(found)),
        isInGrace(found) ? h("p", { class: "warning" }, "This key was replaced by ", h("a", { href: link("key", { id: found.successorId }) }, "its successor"),
            ". It is accepted until ", time(found.expiresAt), ", when its grace period ends, and cannot be renewed.") : null,
        me.may("manage_keys") ? actions(found, again) : null,
        h("div", { class: "columns" },
            h("section", { class: "card", "aria-labelledby": "life" }, h("h2", { id: "life" }, "History"), timeline(found, endings.items, notices.items, acts.items)),
            h("section", { class: "card", "aria-labelledby": "facts" }, h("h2", { id: "facts" }, "Details"), facts(found)))];
}

function facts(found) {
    const rows = [
        ["ID", h("code", {}, found.id)],
        ["Owner", h("a", { href: link("owner", { owner: found.owner }) }, h("bdi", {}, found.owner))],
        ["Name", h("bdi", {}, found.name || "–")],
        ["Scopes", found.scopes.length === 0 ? "none" : found.scopes.map(scope => h("code", { class: "tag" }, scope))],
        [isInGrace(found) ? "Accepted until" : found.state === "active" ? "Expires" : "Deadline", found.expiresAt ? timeAndDistance(found.expiresAt) : "never"],
        ["Issued for", found.lifetime ? readable(found.lifetime) : "an unlimited time"],
        ["Ended", found.endedAt ? timeAndDistance(found.endedAt) : null],
        ["Issued", timeAndDistance(found.issuedAt)],
        ["Last used", found.lastUsedAt || !found.usageKnownSince ? lastUsed({ ...found, lastRefusedAt: null }) : ["not since ", timeAndDistance(found.usageKnownSince)]],
        ["Still used", found.lastRefusedAt ? [`refused ${found.refusedCount} times, last `, timeAndDistance(found.lastRefusedAt)] : null],
        ["Contact", found.contact ? [found.contact.email, found.contact.language ? h("small", {}, ` in ${languageName(found.contact.language)}`) : ""] : "none, so no mail is sent"],
        ["Warnings", found.leadTimes ? found.leadTimes.length === 0 ? "none" : `${found.leadTimes.map(exactly).join(", ")} before it expires` : "at the default lead times"],
        ["Predecessor", found.predecessorId ? h("a", { href: link("key", { id: found.predecessorId }) }, found.predecessorId) : null],
        ["Successor", found.successorId ? h("a", { href: link("key", { id: found.successorId }) }, found.successorId) : null],
        ["Metadata", Object.keys(found.metadata).length === 0 ? null : h("pre", { tabindex: 0 }, JSON.stringify(found.metadata, null, 2))]];
    return h("dl", {}, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** The history of the key, newest event first. */
function timeline(found, endings, notices, acts) {
    const happened = [{ at: found.issuedAt, action: "key.issue", what: found.predecessorId ? ["Issued as the successor of ", h("a", { href: link("key", { id: found.predecessorId }) }, "another key")] : ["Issued"] }];
    for (const ending of endings) {
        happened.push({
            at: ending.endedAt, kind: ending.reason, action: { revoked: "key.revoke", rotated: "key.rotate" }[ending.reason],
            what: [{ expired: "Expired", revoked: "Revoked", rotated: "Replaced by its successor" }[ending.reason], ending.detail ? `: ${ending.detail}` : "",
                h("small", {}, ` recorded ${length(Date.parse(ending.recordedAt) - Date.parse(ending.endedAt))} later (source: ${ending.source})`)],
            by: ending.endedBy ? { id: ending.endedBy, name: ending.endedByName } : null
        });
        if (ending.reinstatedAt) {
            happened.push({ at: ending.reinstatedAt, kind: "active", what: ["Reinstated: renewed after it had expired"] });
        }
    }
    for (const notice of notices) {
        const word = notice.type.replace("api_key.", "");
        if (word === "renewed") {
            happened.push({ at: notice.dueAt, kind: "active", action: "key.renew", what: ["Renewed", notice.expiresAt ? [" until ", time(notice.expiresAt)] : ""] });
        } else if (word === "rotated") {
            happened.push({ at: notice.dueAt, action: "key.rotate", what: ["Rotated. Successor: ", h("a", { href: link("key", { id: notice.successorId }) }, notice.successorId)] });
        }
        for (const delivery of notice.deliveries) {
            happened.push({
                at: delivery.endedAt ?? notice.writtenAt, kind: `told ${delivery.state}`,
                what: [h("a", { href: link("notices", { keyId: found.id }) }, `Notice “${word}”`), ` ${deliveryWords(delivery)}`]
            });
        }
    }
    for (const act of acts) {
        const known = act.outcome === "done" && happened.find(each => each.action === act.action && each.at === act.at);
        if (known) {
            known.by = act.actor;
        } else {
            happened.push({ at: act.at, by: act.actor, what: act.outcome === "done" ? done(act) : refused(act) });
        }
    }
    if (found.state === "active" && found.expiresAt) {
        happened.push({ at: found.expiresAt, kind: "ahead", what: [found.successorId ? "Grace period ends" : "Expires unless renewed"] });
    }
    happened.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    return h("ol", { class: "timeline" }, happened.map(({ at, kind, what, by }) =>
        h("li", { class: kind }, timeAndDistance(at), h("div", {}, what, by ? h("span", { class: "by" }, " by ", who(by)) : null))));
}

function done(act) {
    const verb = { "key.issue": "Issued", "key.renew": "Renewed", "key.rotate": "Rotated", "key.revoke": "Revoked", "key.change": "Edited" }[act.action] ?? act.action;
    return act.action === "key.change" ? `${verb}: ${fieldsOf(act)}` : verb;
}

function refused(act) {
    const verb = { "key.renew": "Renewal", "key.rotate": "Rotation", "key.revoke": "Revocation", "key.change": "Edit" }[act.action] ?? act.action;
    return h("span", { class: "note" }, `${verb} refused: ${wordsOf(act.code)}`);
}

function actions(found, again) {
    const changed = (answer, words) => () => {
        tell(words + (answer.enforcement === "pending" ? " Redis is not updated yet. Checks apply the change within seconds." : ""));
        return again();
    };
    const call = async (verb, body, words) => changed(await send("POST", `v1/keys/${found.id}/${verb}`, body), words);
    const named = ["the key ", found.hint, found.name ? [" (", h("bdi", {}, found.name), ")"] : "", " of ", h("bdi", {}, found.owner)];
    const canRenew = (found.state === "active" || found.state === "expired") && !found.successorId;
    const button = (text, onclick, danger) => h("button", { type: "button", class: danger ? "danger" : null, onclick }, text);
    return h("div", { class: "buttons" },
        canRenew ? button("Renew", () => renew(found, named, call)) : null,
        found.state === "active" && !found.successorId ? button("Rotate", () => rotate(found, named, again)) : null,
        button("Edit", () => edit(found, named, changed)),
        found.state === "active" || found.state === "expired" ? button("Revoke", () => ask({
            title: "Revoke the key?", action: "Revoke the key", danger: true,
            body: [h("p", {}, "Every gateway will refuse ", named, ". This cannot be undone.", found.successorId ? " Its successor stays valid." : ""),
                field("Reason", h("input", { name: "reason", autocomplete: "off" }), { hint: "Kept in the record and sent to the owner." })],
            submit: form => call("revoke", form.elements.reason.value.trim() ? { reason: form.elements.reason.value.trim() } : {}, "Key revoked.")
        }), true) : null);
}

function renew(found, named, call) {
    const deadline = deadlineInputs({ label: "New lifetime from now", lifetime: found.lifetime });
    const becomes = change({ what: "The key", from: found.expiresAt, ended: found.state === "expired", to: deadline.at });
    opened(ask({
        title: "Renew the key", action: "Renew the key",
        body: [h("p", {}, "This sets a new deadline for ", named, ".", found.state === "expired" ? " The key has expired and will work again." : ""),
            deadline.element, becomes.element],
        submit: () => call("renew", deadline.read(), "Key renewed.")
    }), becomes);
}

function rotate(found, named, again) {
    const grace = lengthInputs("Grace period", "grace", { amount: 60, unit: "M", min: 0 });
    const deadline = deadlineInputs({ label: "Lifetime of the successor", lifetime: found.lifetime, unlimited: true, onlyTtl: true });
    const end = () => {
        try {
            return Math.min(Date.now() + durationMs(grace.read()), found.expiresAt ? Date.parse(found.expiresAt) : Infinity);
        } catch {
            return null;
        }
    };
    const old = change({ what: "The current key", from: found.expiresAt, to: end, earlierIsMeant: true });
    const next = change({ what: "The new key", to: deadline.at, isNew: true });
    opened(ask({
        title: "Rotate the key", action: "Rotate the key",
        body: [h("p", {}, "This issues a successor for ", named, ". The current key works until the grace period ends."),
            grace.element, old.element, deadline.element, next.element],
        submit: async () => {
            const successor = await send("POST", `v1/keys/${found.id}/rotate`, { grace: grace.read(), ...deadline.read() });
            return secretShown({
                title: "The new key", secret: successor.key,
                warning: "Copy it now and send it to its owner through a secure channel. It is not stored and will never be shown again.",
                done: again
            });
        }
    }), old, next);
}

/** Draws what becomes of the deadlines, now and with each change of the inputs. */
function opened(dialog, ...changes) {
    const draw = () => changes.forEach(each => each.draw());
    dialog.addEventListener("input", draw);
    draw();
}
