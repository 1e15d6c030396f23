// Confirmations and forms, as modal `dialog` elements: the browser keeps the focus inside and closes them on Escape.

import { h, freshId } from "./dom.js";
import { withWords } from "./times.js";

/**
 * Opens a dialog with a form. `submit` gets the form. If it throws, the dialog stays open and shows each error at its field.
 * If it returns an element, the element replaces the form and must close the dialog itself. Otherwise the dialog is closed,
 * and a function that `submit` returned is called.
 */
export function ask({ title, body, action, danger = false, submit }) {
    const heading = h("h2", { id: freshId() }, title);
    const complaint = h("p", { class: "error", role: "alert" });
    const button = h("button", { class: danger ? "danger" : "primary" }, action);
    const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
    const form = h("form", { method: "dialog", novalidate: true }, heading, body, complaint,
        h("div", { class: "buttons" }, button, cancel));
    const dialog = h("dialog", {
        "aria-labelledby": heading.id,
        onclose: () => dialog.remove(),
        oncancel: event => "stays" in dialog.dataset && event.preventDefault(),
        onkeydown: event => event.key === "Escape" && "stays" in dialog.dataset && event.preventDefault()
    }, form);
    // The dialog cannot be closed while a request runs or a secret is shown, because the result would be lost.
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
                result.querySelector("h2").id = heading.id;
                dialog.replaceChildren(result);
                result.querySelector("button")?.focus();
            } else {
                dialog.close();
                result?.();
            }
        } catch (error) {
            stay(false);
            complain(form, complaint, error);
        }
    });
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

const kept = [];

/**
 * Puts open forms aside when the session ends, so that nothing that was typed is lost. What is not a form, such as a secret,
 * is closed.
 */
export function keepForms() {
    document.querySelectorAll("dialog").forEach(dialog => {
        if (dialog.querySelector("form")) {
            // Out of the document, a dialog is not shown, and it gets no "close" event.
            dialog.remove();
            kept.push(dialog);
        } else {
            dialog.close();
        }
    });
}

/** Shows the forms that were put aside again. When they are closed, `redraw` is called, because the view behind them is new. */
export function restoreForms(redraw) {
    for (const dialog of kept.splice(0)) {
        dialog.removeAttribute("open");
        dialog.querySelector("[role=alert]")?.replaceChildren();
        dialog.addEventListener("close", redraw, { once: true });
        document.body.append(dialog);
        dialog.showModal();
    }
}

/** Forgets the forms that were put aside: the user signed out. */
export function forgetForms() {
    kept.length = 0;
    document.querySelectorAll("dialog").forEach(dialog => dialog.close());
}

function complain(form, place, error) {
    for (const field of form.querySelectorAll("[data-field]")) {
        field.querySelector(".error").textContent = "";
        field.querySelector("input, select, textarea").removeAttribute("aria-invalid");
    }
    const elsewhere = [];
    let first = null;
    for (const { field, message } of error?.errors ?? []) {
        const found = [field, field.replace(/[[.].*$/, "")].map(name => form.querySelector(`[data-field="${CSS.escape(name)}"]`)).find(Boolean);
        if (found) {
            const input = found.querySelector("input, select, textarea");
            // Beside a number and its unit, nobody writes ISO 8601.
            found.querySelector(".error").textContent = input.type === "number" && message.includes("ISO 8601")
                ? "must be a whole number" : withWords(message);
            input.setAttribute("aria-invalid", "true");
            first ??= input;
        } else {
            elsewhere.push(`${field} ${withWords(message)}`);
        }
    }
    first?.focus();
    place.textContent = error === null || first && elsewhere.length === 0 ? "" : elsewhere.join("; ") || error.message;
}

/** Shows a secret, which cannot be shown again, with a button that copies it. */
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
                        copied.textContent = "Your browser blocked copying. Press Ctrl+C or ⌘C.";
                    }
                }
            }, "Copy")),
        copied,
        h("div", { class: "buttons" }, h("button", { type: "button", onclick: event => {
            event.target.closest("dialog").close();
            done?.();
        } }, "I’ve saved it")));
}
