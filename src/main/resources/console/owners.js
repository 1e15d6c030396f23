// The owners of keys, and one owner: keys by state, notices, and the revocation of all active keys.

import { link } from "./address.js";
import { get } from "./api.js";
import { revokeMany } from "./bulk.js";
import { downloadButton } from "./download.js";
import { empty, h, put, repeat, show } from "./dom.js";
import { firstSteps, hasNoKeys, keyList } from "./keys.js";
import { bdi, filters, pages, table } from "./lists.js";
import { noticeList } from "./notices.js";
import { number, timeAndDistance } from "./times.js";

export function owners(parameters, me) {
    const form = filters("owners", [
        ["Contains", h("input", { name: "q", value: parameters.q ?? "", autocomplete: "off", maxlength: 200 })]
    ], { buttons: [downloadButton("v1/owners", parameters, "owners.csv")] });
    return [h("h1", {}, "Owners"), form,
        pages("v1/owners", parameters, "owners", rows => table("Owners", [
            ["Owner", each => h("a", { href: link("owner", { owner: each.owner }) }, bdi(each.owner))],
            ["Active keys", active],
            ["Next expiry", each => timeAndDistance(each.nextExpiry)]
        ], rows), async () => await hasNoKeys() ? firstSteps(me) : empty("No owners match this text."))];
}

function active({ keys, exact }) {
    return exact ? number(keys.active) : `more than ${number(keys.active)}`;
}

export function owner({ owner = "", ...parameters }, me) {
    const head = h("div");
    const places = [h("p", {}, h("a", { href: link("owners") }, "All owners")), h("h1", {}, h("bdi", {}, owner)), head];
    void show(head, "the owner", async () => {
        const found = await get(`v1/owners/${encodeURIComponent(owner)}`).catch(error => {
            if (error.status === 404 || error.status === 400) {
                return null;
            }
            throw error;
        });
        return found ? whole(found, parameters, me) : empty("No key was issued to this owner.");
    });
    return places;
}

function many({ exact }, count) {
    return !exact && count >= 100_000 ? `more than ${number(count)}` : number(count);
}

function summary({ owner, keys, exact, nextExpiry, lastNotice }) {
    const figure = state => h("a", { class: "card figure bare", href: link("owner", { owner, state }) },
        h("strong", {}, many({ exact }, keys[state])), h("span", {}, state));
    return [
        h("div", { class: "figures" }, ["active", "expired", "revoked", "rotated"].map(figure)),
        h("dl", { class: "facts" },
            h("dt", {}, "Next expiry"), h("dd", {}, nextExpiry ? timeAndDistance(nextExpiry) : "none"),
            h("dt", {}, "Last notice"), h("dd", {}, lastNotice
                ? [lastNotice.type.replace("api_key.", ""), " ", timeAndDistance(lastNotice.writtenAt)] : "none"))];
}

function whole(found, parameters, me) {
    const { owner, keys } = found;
    const numbers = h("div", {}, summary(found));
    void repeat(() => numbers.isConnected, async () => {
        const now = await get(`v1/owners/${encodeURIComponent(owner)}`).catch(() => null);
        if (now && !numbers.contains(document.activeElement)) {
            put(numbers, summary(now));
        }
    });
    return [
        numbers,
        h("div", { class: "buttons" },
            me.may("manage_keys") && keys.active > 0 ? h("button", {
                type: "button", class: "danger",
                onclick: () => revokeMany({ filter: { owner, state: "active" } }, `active keys of ${owner}`)
            }, !found.exact && keys.active >= 100_000 ? "Revoke all active keys" : `Revoke all ${number(keys.active)} active keys`) : null,
            downloadButton("v1/keys", { ...parameters, owner }, "keys.csv")),
        h("div", {},
            h("h2", {}, parameters.state ? ["Keys: ", parameters.state, " ", h("a", { href: link("owner", { owner }) }, "show all")] : "Keys"),
            keyList({ ...parameters, owner }, me, { ofOwner: true })),
        h("div", {},
            h("h2", {}, "Notices"),
            noticeList({ owner }, me))];
}
