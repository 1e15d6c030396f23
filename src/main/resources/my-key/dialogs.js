// Confirmations and secrets, as modal `dialog` elements: the browser keeps the focus inside and closes them on Escape.

import { h } from "./dom.js";
import { words } from "./words.js";

/** Shows each message at its field, otherwise the error in the place. `messages` has the field's name and the text. */
export function complain(form, place, error, messages = {}) {
    form.querySelectorAll("[data-field]").forEach(each => {
        each.querySelector(".error").textContent = "";
        each.querySelector("input, select").removeAttribute("aria-invalid");
    });
    let first = null;
    for (const name of new Set(error?.fields)) {
        const found = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
        if (found && messages[name]) {
            found.querySelector(".error").textContent = messages[name];
            found.querySelector("input, select").setAttribute("aria-invalid", "true");
            first ??= found.querySelector("input, select");
        }
    }
    place.textContent = error && !first ? error.message : "";
    first?.focus();
}

/**
 * Opens a dialog with a form. If `submit` throws, the dialog stays open and shows the error, with `messages` at the fields
 * that it names. If it returns an element, the element replaces the form and must close the dialog. Otherwise the dialog is
 * closed, and a function that `submit` returned is called.
 */
export function ask({ title, body, action, danger = false, messages, submit }) {
    const complaint = h("p", { class: "error", role: "alert" });
    const button = h("button", { class: danger ? "danger" : "primary" }, action);
    const cancel = h("button", { type: "button", onclick: () => dialog.close() }, words.cancel);
    const form = h("form", { method: "dialog", novalidate: true }, h("h2", { id: "asked" }, title), body, complaint,
        h("div", { class: "buttons" }, button, cancel));
    // It cannot be closed while a request runs or a secret is shown, because the result would be lost.
    const stays = event => dialog.hasAttribute("data-stays") && event.preventDefault();
    const dialog = h("dialog", {
        "aria-labelledby": "asked", onclose: () => dialog.remove(), oncancel: stays,
        onkeydown: event => event.key === "Escape" && stays(event)
    }, form);
    const stay = on => {
        dialog.toggleAttribute("data-stays", on);
        button.disabled = cancel.disabled = on;
    };
    form.addEventListener("submit", async event => {
        event.preventDefault();
        stay(true);
        complain(form, complaint, null);
        try {
            const result = await submit(form);
            if (result instanceof Element) {
                result.querySelector("h2").id = "asked";
                dialog.replaceChildren(result);
                result.querySelector("button").focus();
            } else {
                dialog.close();
                result?.();
            }
        } catch (error) {
            stay(false);
            complain(form, complaint, error, messages);
        }
    });
    document.body.append(dialog);
    dialog.showModal();
}

/** Shows a secret, which cannot be shown again, with a button that copies it. */
export function secretShown({ title, secret, warning, done }) {
    const input = h("input", { readonly: true, value: secret, "aria-label": title, class: "secret", onfocus: event => event.target.select() });
    const copied = h("p", { role: "status" });
    const copy = async () => {
        try {
            await navigator.clipboard.writeText(secret);
            copied.textContent = words.copied;
        } catch {
            input.focus();
            copied.textContent = words.copyBlocked;
        }
    };
    return h("div", {}, h("h2", {}, title), h("p", { class: "warning" }, warning), h("p", {}, input), copied,
        h("div", { class: "buttons" },
            h("button", { type: "button", class: "primary", onclick: copy }, words.copy),
            h("button", {
                type: "button", onclick: event => {
                    event.target.closest("dialog").close();
                    done();
                }
            }, words.saved)));
}
