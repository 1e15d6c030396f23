// Entry point of the page for key holders. A reader enters a key or opens a link, sees the key, and can renew, replace or revoke it.

import { complain, distance, field, h, length, millis, tell, time, ZONE } from "./dom.js";
import { ask, secretShown } from "./dialogs.js";
import { withKey, withLink } from "./self.js";

const main = document.getElementById("main");

function title(text) {
    document.title = `${text} · My API key`;
}

/** The form in which a key is entered. `why` says why it is shown instead of a key. */
function enter(why = "") {
    title("Enter your key");
    const complaint = h("p", { class: why ? "warning" : "error", role: "alert" }, why);
    complaint.hidden = !why;
    const input = h("input", { name: "key", type: "password", autocomplete: "off", autocapitalize: "off", spellcheck: "false", required: true });
    const button = h("button", { class: "primary" }, "Show my key");
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
    h("h1", {}, "View, renew or revoke your API key"),
    h("p", {}, "Enter your key to see whether it works, when it expires, and what you can do."),
    field("API key", input, "Your key is only sent to this service. It is forgotten when you leave this page."), complaint, button));
    input.focus();
}

const STATES = { active: "Works", expired: "Expired", revoked: "Revoked", rotated: "Replaced" };

/** The state of the key, in one or two sentences. */
function sentence(key) {
    switch (key.state) {
        case "revoked":
            return ["This key was revoked on ", time(key.endedAt), " and no longer works.",
                key.reason ? h("span", {}, " Reason: “", h("bdi", {}, key.reason), "”.") : null];
        case "rotated":
            return ["This key was replaced by a newer one and stopped working on ", time(key.endedAt), "."];
        case "expired":
            return ["This key stopped working on ", time(key.endedAt), ` (${distance(key.endedAt)}). Requests that use it are refused.`];
        default:
            return [key.successorId ? "This key was replaced by a newer one. It still works " : "This key works ",
                key.expiresAt ? ["until ", time(key.expiresAt), ` (${distance(key.expiresAt)}).`] : "and has no deadline."];
    }
}

/** What to do next, if this page cannot do it. */
function advice(key, access) {
    if (key.renewableUntil || access.isLink && key.state === "active") {
        return null;
    }
    if (key.state === "revoked") {
        return h("p", {}, "It cannot be renewed. Ask its issuer for a new key.");
    }
    if (key.successorId) {
        return h("p", {}, "Use the newer key instead.", key.rotatable ? " If you never received it, replace this key again." : "");
    }
    if (key.state === "active" && !key.expiresAt) {
        return h("p", {}, "You do not need to do anything.");
    }
    const elsewhere = key.renewUrl && new URL(key.renewUrl).pathname !== location.pathname;
    return elsewhere
        ? h("p", {}, h("a", { href: key.renewUrl, rel: "noreferrer" }, "Renew this key"))
        : h("p", {}, key.state === "expired" ? "Ask its issuer to renew it." : "If you need it for longer, ask its issuer.");
}

function renewal(key, access) {
    if (!key.renewableUntil) {
        return null;
    }
    const complaint = h("p", { class: "error", role: "alert" });
    const renew = async (wanted, form) => {
        const buttons = [...card.querySelectorAll("button")];
        buttons.forEach(each => each.disabled = true);
        complain(form, complaint, null);
        try {
            const renewed = await access.renew(wanted);
            show(renewed, access.isLink ? { isLink: true } : access);
            tell("Renewed.");
        } catch (error) {
            buttons.forEach(each => each.disabled = false);
            complain(form, complaint, error);
        }
    };
    const amount = h("input", { name: "ttl", type: "number", min: 1, step: 1, inputmode: "numeric", required: true });
    const unit = h("select", { "aria-label": "Unit" }, [["D", "days"], ["H", "hours"], ["M", "minutes"]].map(([value, text]) => h("option", { value }, text)));
    const other = h("form", {
        novalidate: true, onsubmit: event => {
            event.preventDefault();
            const count = Number(amount.value);
            if (!Number.isInteger(count) || count < 1) {
                complain(other, complaint, { errors: [{ field: "ttl", message: "Enter a whole number." }] });
                return;
            }
            renew({ ttl: unit.value === "D" ? `P${count}D` : `PT${count}${unit.value}` }, other);
        }
    }, field("How long from now", amount, `At most ${key.lifetime ? length(key.lifetime) : "as long as this service allows"}.`), unit,
    h("p", {}), h("button", {}, "Renew for this long"));
    const longest = key.lifetime && new Date(Date.now() + millis(key.lifetime));
    const later = longest && longest > new Date(key.expiresAt);
    const card = h("section", { class: "card", "aria-label": "Renew" },
        h("h2", {}, "Renew this key"),
        h("p", {}, "The key itself does not change, so you do not need to change your applications. You can renew it until ", time(key.renewableUntil), "."),
        h("button", { type: "button", class: "primary", onclick: () => renew({}, other) },
            later ? `Renew for ${length(key.lifetime)}` : "Renew"),
        complaint,
        h("details", {}, h("summary", {}, "Choose another time"), other));
    return card;
}

const GRACES = [["PT5M", "5 minutes"], ["PT1H", "1 hour"], ["P1D", "1 day"], ["P7D", "7 days"]];

function rotate(access) {
    const grace = h("select", { name: "grace" }, GRACES.map(([value, text]) => h("option", { value, selected: value === "PT1H" }, text)));
    ask({
        title: "Replace this key?",
        body: [h("p", {}, "You get a new key. The old one keeps working for a while, so that you have time to switch."),
            field("The old key works for another", grace)],
        action: "Replace",
        submit: async () => {
            const successor = await access.rotate({ grace: grace.value });
            const next = withKey(successor.key);
            return secretShown({
                title: "Your new key", secret: successor.key,
                warning: "Copy it now. It will never be shown again. Replace the old key with it everywhere before the old key stops working.",
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
        title: "Revoke this key?",
        body: [h("p", {}, "It stops working immediately. Requests that use it will be refused. This cannot be undone."),
            field("Reason", h("input", { name: "reason", maxlength: 200, autocomplete: "off" }), "Optional. It is kept with the history of the key.")],
        action: "Revoke", danger: true,
        submit: async form => {
            const reason = form.elements.reason.value.trim();
            const revoked = await access.revoke(reason ? { reason } : {});
            return () => {
                show(revoked, access);
                tell(revoked.successorId ? "Revoked. The newer key that replaced it still works; if you did not ask for it, tell whoever issued it." : "Revoked.");
            };
        }
    });
}

function more(key, access) {
    if (access.isLink) {
        return h("section", { class: "card", "aria-label": "More" },
            h("p", {}, "A link from a mail can only renew the key. To replace or revoke it, enter the key itself."),
            h("button", { type: "button", onclick: () => enter() }, "Enter the key"));
    }
    const endable = key.state === "active" || key.state === "expired";
    return endable || key.rotatable ? h("section", { class: "card", "aria-label": "Replace or revoke" },
        h("h2", {}, key.rotatable ? "Replace or revoke this key" : "Revoke this key"),
        h("p", {}, key.rotatable
            ? "Replace the key regularly, and when somebody who knows it leaves. If it may have leaked, revoke it immediately."
            : "If the key may have leaked, revoke it immediately."),
        h("div", { class: "buttons" },
            key.rotatable ? h("button", { type: "button", onclick: () => rotate(access) }, "Replace …") : null,
            endable ? h("button", { type: "button", class: "danger", onclick: () => revoke(access) }, "Revoke …") : null)) : null;
}

function details(key) {
    const rows = [["Key", h("code", {}, key.hint)], ["Owner", h("bdi", {}, key.owner)],
        ["Scopes", key.scopes.length ? key.scopes.flatMap((scope, i) => [i ? ", " : "", h("code", {}, scope)]) : "none"],
        ["Issued for", key.lifetime ? length(key.lifetime) : "an unlimited time"], ["ID", h("code", {}, key.id)]];
    return h("section", { class: "card", "aria-label": "Details" }, h("h2", {}, "Details"),
        h("dl", {}, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

const ENDINGS = { expired: "Expired", revoked: "Revoked", rotated: "Replaced" };

function history(key) {
    const events = key.history.flatMap(ending => [
        ending.reinstatedAt ? [ending.reinstatedAt, "Renewed after it had expired"] : null,
        [ending.at, ENDINGS[ending.how], ending.reason]]).filter(Boolean);
    events.push([key.issuedAt, "Issued"]);
    return h("section", { class: "card", "aria-label": "History" }, h("h2", {}, "History"),
        h("ol", { class: "history" }, events.map(([at, what, reason]) =>
            h("li", {}, what, reason ? [": ", h("bdi", {}, reason)] : null, h("br"), h("small", {}, time(at), ` (${distance(at)})`)))),
        h("p", { class: "note" }, `Times are in your time zone, ${ZONE}.`));
}

/** Shows a key, and what `access` allows. */
function show(key, access) {
    title(STATES[key.state]);
    main.replaceChildren(...[
        h("section", { class: "card", "aria-label": "State" },
            h("span", { class: `pill ${key.state}` }, STATES[key.state]),
            h("h1", {}, h("bdi", {}, key.name || `Key ${key.hint}`)),
            h("p", { class: "lead" }, ...sentence(key).flat(Infinity).filter(Boolean)),
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
    main.replaceChildren(h("p", { class: "card", role: "status" }, "Loading …"));
    try {
        const access = withLink(token);
        show(await access.show(), access);
    } catch (error) {
        enter(error.message);
    }
}

addEventListener("hashchange", () => location.hash && begin());
begin();
