// Entry point of the console: sign-in, navigation and the idle lock. A view is a function of its parameters, of the signed-in
// user, and of a signal that aborts when the user leaves the view. It shows what the user's management key may do.

import { here, link } from "./address.js";
import { isSignedIn, lastUsed, recordActivity, signIn, signOut, whoAmI } from "./api.js";
import { audit, explained } from "./audit.js";
import { blacklist } from "./blacklist.js";
import { forgetForms, keepForms, restoreForms } from "./dialogs.js";
import { empty, failed, field, h, loading, put } from "./dom.js";
import { key } from "./key.js";
import { keys } from "./keys.js";
import { notices } from "./notices.js";
import { owner, owners } from "./owners.js";
import { overview } from "./overview.js";
import { searchBox } from "./search.js";
import { team } from "./team.js";
import { webhooks } from "./webhooks.js";

/** The views and the permission that each needs. A view without a title is not in the navigation; other views link to it. */
const VIEWS = {
    overview: { title: "Overview", needs: "read_history", show: overview },
    keys: { title: "Keys", needs: "read_keys", show: keys },
    key: { needs: "read_keys", show: key, under: "keys" },
    owners: { title: "Owners", needs: "read_keys", show: owners },
    owner: { needs: "read_keys", show: owner, under: "owners" },
    blacklist: { title: "Blacklist", needs: "read_history", show: blacklist },
    notices: { title: "Notices", needs: "read_history", show: notices },
    webhooks: { title: "Webhooks", needs: "read_history", show: webhooks },
    team: { title: "Team", needs: "manage_management_keys", show: team },
    audit: { title: "Audit", needs: "read_audit", show: audit }
};

/** Milliseconds without activity until the user must sign in again. */
const MAX_IDLE = 30 * 60 * 1000;

const header = document.getElementById("header");
const main = document.getElementById("main");
let me = null;
let leaving = new AbortController();

class Me {
    constructor({ id, name, role, permissions }) {
        this.id = id;
        this.name = name;
        this.role = role;
        this.permissions = new Set(permissions);
    }

    may(permission) {
        return this.permissions.has(permission);
    }
}

function isIdle() {
    return Date.now() - lastUsed() > MAX_IDLE;
}

function lock() {
    signOut("The console was locked after 30 minutes without activity. Sign in to continue where you left off.");
}

function brand() {
    return h("a", { class: "brand", href: link("overview") }, h("img", { src: "console/icon.svg", alt: "", width: 24, height: 24 }), "Keylapse");
}

function signInView(why = "") {
    me = null;
    leaving.abort();
    // Only a session that ended by itself has a reason.
    (why ? keepForms : forgetForms)();
    header.replaceChildren(brand());
    document.title = "Sign in · Keylapse";
    const complaint = h("p", { class: why ? "warning" : "error", role: "alert" }, why);
    const input = h("input", { name: "key", type: "password", autocomplete: "current-password", required: true, spellcheck: "false" });
    const button = h("button", { class: "primary" }, "Sign in");
    main.replaceChildren(h("form", {
        class: "card sign-in", onsubmit: async event => {
            event.preventDefault();
            button.disabled = true;
            try {
                me = new Me(await signIn(input.value.trim()));
                recordActivity();
                render();
                restoreForms(render);
            } catch (error) {
                complaint.className = "error";
                complaint.textContent = error.status === 401 ? "This management key is invalid or has expired." : error.message;
                input.focus();
            } finally {
                button.disabled = false;
            }
        }
    }, h("h1", {}, "Sign in"),
    field("Management key", input, { hint: "Kept in this tab until you close it, sign out, or leave it idle for 30 minutes." }), complaint, button,
    h("p", {}, "Do you have an API key? ", h("a", { href: "my-key" }, "View it on its own page"), ".")));
    input.focus();
}

function navigation(current) {
    const links = Object.entries(VIEWS).filter(([, view]) => view.title && me.may(view.needs));
    return [brand(),
        h("nav", { "aria-label": "Views" }, links.map(([name, view]) =>
            h("a", { href: link(name), "aria-current": name === current ? "page" : null }, view.title))),
        me.may("read_keys") ? searchBox() : null,
        h("div", { class: "who" }, h("span", { title: explained(me.id) ?? me.id }, h("bdi", {}, me.name), ` (${me.role})`), h("button", { type: "button", onclick: () => signOut() }, "Sign out"))];
}

function render() {
    const { view: name, parameters } = here();
    leaving.abort();
    leaving = new AbortController();
    const view = VIEWS[name];
    put(header, ...navigation(view?.under ?? name));
    // On a phone the views are a line that scrolls.
    header.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    document.querySelectorAll("dialog:not([data-stays])").forEach(dialog => dialog.close());
    if (!view) {
        put(main, h("h1", {}, "Page not found"), empty("Choose one of the pages above."));
    } else if (!me.may(view.needs)) {
        put(main, h("h1", {}, view.title ?? "Keys"), empty(`A management key with the role ${me.role} cannot open this page. Sign in with one that has the role auditor, issuer or admin.`));
    } else {
        document.title = `${view.title ?? parameters.owner ?? "Key"} · Keylapse`;
        put(main, view.show(parameters, me, leaving.signal));
        main.focus({ preventScroll: true });
        scrollTo(0, 0);
    }
}

async function begin() {
    if (!isSignedIn()) {
        signInView();
        return;
    }
    if (isIdle()) {
        lock();
        return;
    }
    main.replaceChildren(loading("the console"));
    try {
        me = new Me(await whoAmI());
        render();
    } catch (error) {
        if (isSignedIn()) {
            main.replaceChildren(failed(error, begin));
        }
    }
}

addEventListener("hashchange", () => me && render());
addEventListener("signed-out", event => signInView(event.detail));
// Checks the idle time before it records activity, because no timer runs while the machine sleeps.
for (const used of ["pointerdown", "keydown"]) {
    addEventListener(used, () => me && (isIdle() ? lock() : recordActivity()), { capture: true, passive: true });
}
setInterval(() => me && isIdle() && lock(), 10_000);
if (!location.hash) {
    history.replaceState(null, "", link("overview"));
}
begin();
