// Entry point of the page for key holders. A reader enters a key or opens a link, sees the key, and can renew, replace or revoke it.

import { ask, complain, secretShown } from "./dialogs.js";
import { field, h, select, tell } from "./dom.js";
import { service, withKey, withLink } from "./self.js";
import { distance, LANGUAGE, length, millis, time, words, ZONE } from "./words.js";

const main = document.getElementById("main");

/** The support contact as a link; null if there is none. */
function contact() {
    return service.supportUrl ? h("a", { href: service.supportUrl, rel: "noreferrer" }, h("bdi", {}, service.supportContact)) : null;
}

/** Says whose page it is. */
function introduce() {
    document.documentElement.lang = LANGUAGE;
    document.getElementById("brand").replaceChildren(
        ...(service.serviceName ? [h("bdi", {}, service.serviceName), " · "] : []), words.page);
    if (service.supportUrl) {
        const foot = document.getElementById("foot");
        foot.replaceChildren(...words.questions(contact()));
        foot.hidden = false;
    }
}

function title(text) {
    document.title = [text, service.serviceName, words.page].filter(Boolean).join(" · ");
}

/** The form in which a key is entered. `why` says why it is shown instead of a key. */
function enter(why = "") {
    title(words.enterTitle);
    const complaint = h("p", { class: why ? "warning" : "error", role: "alert" }, why);
    complaint.hidden = !why;
    const input = h("input", { name: "key", type: "password", autocomplete: "off", autocapitalize: "off", spellcheck: "false", required: true });
    const button = h("button", { class: "primary" }, words.showKey);
    main.replaceChildren(h("form", {
        class: "card", novalidate: true, onsubmit: async event => {
            event.preventDefault();
            button.disabled = true;
            try {
                const access = withKey(input.value.trim());
                show(await access.show(), access);
            } catch (error) {
                complaint.hidden = false;
                complaint.className = "error";
                complaint.textContent = error.message;
                input.focus();
            } finally {
                button.disabled = false;
            }
        }
    },
    h("h1", {}, words.enterHeading),
    h("p", {}, words.enterIntro),
    field(words.apiKey, input, { hint: words.enterHint }), complaint, button));
    input.focus();
}

/** The state of the key, in one or two sentences. */
function sentence(key) {
    switch (key.state) {
        case "revoked":
            return [words.revoked(time(key.endedAt)), key.reason ? [" ", words.reason(h("bdi", {}, key.reason))] : null];
        case "rotated":
            return words.replaced(time(key.endedAt));
        case "expired":
            return words.expired(time(key.endedAt), distance(key.endedAt));
        default:
            return !key.expiresAt ? words.validForever
                : (key.successorId ? words.inGrace : words.valid)(time(key.expiresAt), distance(key.expiresAt));
    }
}

/** What to do next, if this page cannot do it. */
function advice(key, access) {
    if (key.renewableUntil || access.isLink && key.state === "active") {
        return null;
    }
    if (key.state === "revoked") {
        return h("p", {}, words.newKey(contact()));
    }
    if (key.successorId) {
        return h("p", {}, words.useNewKey, key.rotatable ? ` ${words.replaceAgain}` : "");
    }
    if (key.state === "active" && !key.expiresAt) {
        return h("p", {}, words.nothingToDo);
    }
    const elsewhere = key.renewUrl && new URL(key.renewUrl).pathname !== location.pathname;
    return elsewhere
        ? h("p", {}, h("a", { href: key.renewUrl, rel: "noreferrer" }, words.renewElsewhere))
        : h("p", {}, (key.state === "expired" ? words.haveRenewed : words.needLonger)(contact()));
}

function renewal(key, access) {
    if (!key.renewableUntil) {
        return null;
    }
    const complaint = h("p", { class: "error", role: "alert" });
    const most = key.lifetime && length(key.lifetime);
    const renew = async (wanted, form) => {
        const buttons = [...card.querySelectorAll("button")];
        buttons.forEach(each => each.disabled = true);
        complain(form, complaint, null);
        try {
            const renewed = await access.renew(wanted);
            show(renewed, access.isLink ? { isLink: true } : access);
            tell(words.renewed);
        } catch (error) {
            buttons.forEach(each => each.disabled = false);
            complain(form, complaint, error, { ttl: most ? words.wrongLength(most) : words.wrongLengthOfService });
        }
    };
    const amount = h("input", { name: "ttl", type: "number", min: 1, step: 1, inputmode: "numeric", required: true });
    const unit = select("unit", Object.entries(words.units));
    unit.setAttribute("aria-label", words.unit);
    const other = h("form", {
        novalidate: true, onsubmit: event => {
            event.preventDefault();
            const count = Number(amount.value);
            if (!Number.isInteger(count) || count < 1) {
                complain(other, complaint, { fields: ["ttl"] }, { ttl: words.wrongNumber });
                return;
            }
            renew({ ttl: unit.value === "D" ? `P${count}D` : `PT${count}${unit.value}` }, other);
        }
    }, field(words.howLong, amount, { hint: most ? words.longest(most) : words.longestOfService }), unit,
    h("p", {}), h("button", {}, words.renewOther));
    const longest = key.lifetime && new Date(Date.now() + millis(key.lifetime));
    const later = longest && longest > new Date(key.expiresAt);
    const card = h("section", { class: "card", "aria-label": words.renew },
        h("h2", {}, words.renewHeading),
        h("p", {}, words.renewIntro(time(key.renewableUntil))),
        h("button", { type: "button", class: "primary", onclick: () => renew({}, other) }, later ? words.renewFor(most) : words.renew),
        complaint,
        h("details", {}, h("summary", {}, words.otherLength), other));
    return card;
}

const GRACES = ["PT5M", "PT1H", "P1D", "P7D"];

function replace(access) {
    const grace = select("grace", GRACES.map(each => [each, length(each)]), "PT1H");
    ask({
        title: words.replaceTitle,
        body: [h("p", {}, words.replaceIntro), field(words.grace, grace)],
        action: words.replace,
        submit: async () => {
            const successor = await access.rotate({ grace: grace.value });
            const next = withKey(successor.key);
            return secretShown({
                title: words.newKeyTitle, secret: successor.key, warning: words.newKeyWarning,
                // The first call with the new key claims it.
                done: async () => {
                    show(successor, next);
                    show(await next.show().catch(() => successor), next);
                }
            });
        }
    });
}

function revoke(access) {
    ask({
        title: words.revokeTitle,
        body: [h("p", {}, words.revokeIntro),
            field(words.reasonLabel, h("input", { name: "reason", maxlength: 200, autocomplete: "off" }), { hint: words.reasonHint })],
        action: words.revoke, danger: true, messages: { reason: words.wrongReason },
        submit: async form => {
            const reason = form.elements.reason.value.trim();
            const revoked = await access.revoke(reason ? { reason } : {});
            return () => {
                show(revoked, access);
                tell(revoked.successorId ? words.revokedOld : words.revokedNow);
            };
        }
    });
}

function more(key, access) {
    if (access.isLink) {
        return h("section", { class: "card", "aria-label": words.replaceOrRevoke },
            h("p", {}, words.linkOnlyRenews),
            h("button", { type: "button", onclick: () => enter() }, words.enterKey));
    }
    const endable = key.state === "active" || key.state === "expired";
    const heading = key.rotatable ? words.replaceOrRevoke : words.revokeHeading;
    return endable || key.rotatable ? h("section", { class: "card", "aria-label": heading },
        h("h2", {}, heading),
        h("p", {}, key.rotatable ? words.replaceHint : words.revokeHint),
        h("div", { class: "buttons" },
            key.rotatable ? h("button", { type: "button", onclick: () => replace(access) }, words.replaceMenu) : null,
            endable ? h("button", { type: "button", class: "danger", onclick: () => revoke(access) }, words.revokeMenu) : null)) : null;
}

function details(key) {
    const rows = [[words.key, h("code", {}, key.hint)], [words.owner, h("bdi", {}, key.owner)],
        [words.scopes, key.scopes.length ? key.scopes.flatMap((scope, i) => [i ? ", " : "", h("code", {}, scope)]) : words.none],
        [words.issuedFor, key.lifetime ? length(key.lifetime) : words.unlimited], [words.id, h("code", {}, key.id)]];
    return h("section", { class: "card", "aria-label": words.details }, h("h2", {}, words.details),
        h("dl", {}, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

function history(key) {
    const events = key.history.flatMap(ending => [
        ending.reinstatedAt ? [ending.reinstatedAt, words.reinstated] : null,
        [ending.at, words.states[ending.how], ending.reason]]).filter(Boolean);
    events.push([key.issuedAt, words.issued]);
    return h("section", { class: "card", "aria-label": words.history }, h("h2", {}, words.history),
        h("ol", { class: "history" }, events.map(([at, what, reason]) =>
            h("li", {}, what, reason ? [words.because, h("bdi", {}, reason)] : null, h("br"), h("small", {}, time(at), ` (${distance(at)})`)))),
        h("p", { class: "note" }, words.zone(ZONE)));
}

/** Shows a key, and what `access` allows. */
function show(key, access) {
    title(words.states[key.state]);
    main.replaceChildren(...[
        h("section", { class: "card", "aria-label": words.states[key.state] },
            h("span", { class: `pill ${key.state}` }, words.states[key.state]),
            h("h1", {}, h("bdi", {}, key.name || words.keyNamed(key.hint))),
            h("p", { class: "lead" }, sentence(key)),
            advice(key, access)),
        access.renew ? renewal(key, access) : null, more(key, access), details(key), history(key)].filter(Boolean));
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
}

/** Removes the token of a link from the URL, so that it is not kept in the history or shown on the screen. */
async function begin() {
    const token = location.hash.slice(1);
    globalThis.history.replaceState(null, "", location.pathname);
    if (!token) {
        enter();
        return;
    }
    main.replaceChildren(h("p", { class: "card", role: "status" }, words.loading));
    try {
        const access = withLink(token);
        show(await access.show(), access);
    } catch (error) {
        enter(error.message);
    }
}

addEventListener("hashchange", () => location.hash && begin());
introduce();
begin();
