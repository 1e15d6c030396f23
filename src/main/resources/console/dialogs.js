// Questions before something is done, and forms. The browser's own dialogs keep the focus and go with Escape.

import { h, freshId } from "./dom.js";

/**
 * A dialog with a form. `submit` is called with the form, and may throw what it was refused with: then the dialog stays,
 * with each complaint at its field. What it returns replaces the form if it is an element; else the dialog is closed.
 */
export function ask({ title, body, action, danger = false, submit }) {
    const heading = h("h2", { id: freshId() }, title);
    const complaint = h("p", { class: "error", role: "alert" });
    const button = h("button", { class: danger ? "danger" : "primary" }, action);
    const form = h("form", { method: "dialog", novalidate: true }, heading, body, complaint,
        h("div", { class: "buttons" }, button, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel")));
    const dialog = h("dialog", { "aria-labelledby": heading.id, onclose: () => dialog.remove() }, form);
    form.addEventListener("submit", async event => {
        event.preventDefault();
        button.disabled = true;
        complain(form, complaint, null);
        try {
            const result = await submit(form);
            if (result instanceof Element) {
                dialog.replaceChildren(result);
                result.querySelector("[autofocus], button")?.focus();
            } else {
                dialog.close();
            }
        } catch (error) {
            complain(form, complaint, error);
        } finally {
            button.disabled = false;
        }
    });
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

function complain(form, place, error) {
    for (const field of form.querySelectorAll("[data-field]")) {
        field.querySelector(".error").textContent = "";
        field.querySelector("input, select, textarea").removeAttribute("aria-invalid");
    }
    const elsewhere = [];
    let first = null;
    for (const { field, message } of error?.errors ?? []) {
        const found = form.querySelector(`[data-field="${CSS.escape(field.replace(/[[.].*$/, ""))}"]`);
        if (found) {
            const input = found.querySelector("input, select, textarea");
            found.querySelector(".error").textContent = message;
            input.setAttribute("aria-invalid", "true");
            first ??= input;
        } else {
            elsewhere.push(`${field} ${message}`);
        }
    }
    first?.focus();
    place.textContent = error === null || first && elsewhere.length === 0 ? "" : elsewhere.join("; ") || error.message;
}

/** Shows a secret, which is shown this once, with a button that copies it. */
export function secretShown({ title, secret, warning, done }) {
    const input = h("input", { readonly: true, value: secret, "aria-label": title, class: "secret", onfocus: event => event.target.select() });
    const copied = h("span", { role: "status" });
    return h("div", {},
        h("h2", {}, title),
        h("p", { class: "warning" }, warning),
        h("div", { class: "row" }, input,
            h("button", {
                type: "button", class: "primary", onclick: async () => {
                    try {
                        await navigator.clipboard.writeText(secret);
                        copied.textContent = "Copied.";
                    } catch {
                        input.focus();
                        copied.textContent = "Your browser does not let this page copy; press Ctrl+C.";
                    }
                }
            }, "Copy")),
        copied,
        h("div", { class: "buttons" }, h("button", { type: "button", onclick: event => {
            event.target.closest("dialog").close();
            done?.();
        } }, "I have kept it")));
}
