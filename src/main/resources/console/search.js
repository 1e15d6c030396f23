// The search box in the header: finds a key by its id, the whole key, or a part of its owner, name or hint. `/` and Ctrl-K
// focus it.

import { go } from "./address.js";
import { send } from "./api.js";
import { h } from "./dom.js";

const WHOLE_KEY = /[A-Za-z0-9_]{1,16}_[0-9A-Za-z]{36}/;
const KEY_ID = /key_[0-9A-Za-z]{22}(?![0-9A-Za-z])/;
/** A cut key: more random characters than a hint shows, which nearly always have digits and letters of both cases. */
const PART_OF_KEY = /^[A-Za-z0-9_]{1,16}_(?=[0-9A-Za-z]*[0-9])(?=[0-9A-Za-z]*[A-Z])(?=[0-9A-Za-z]*[a-z])[0-9A-Za-z]{12,}$/;

/**
 * Goes to the key whose id or whole text is in what was entered. A whole key is a secret, so it is looked up without putting it
 * into a URL, and a part of one is refused.
 *
 * @param any whether the text may be anything; otherwise only a whole key is meant
 * @returns {boolean} false if it is an ordinary text
 */
export function findExactly(text, complain, any = true) {
    const [whole] = WHOLE_KEY.exec(text) ?? [];
    if (whole) {
        send("POST", "v1/keys/lookup", { key: whole }).then(
            found => go("key", { id: found.id }),
            error => complain(error.status === 404 ? "This key was not issued here, or it is mistyped." : error.message));
        return true;
    }
    if (!any) {
        return false;
    }
    const [id] = KEY_ID.exec(text) ?? [];
    if (id) {
        go("key", { id });
        return true;
    }
    if (PART_OF_KEY.test(text.trim())) {
        complain("This looks like a part of a key. Enter the whole key, or only its first and last four characters.");
        return true;
    }
    return false;
}

/** The search box. It has no button: Enter searches. */
export function searchBox() {
    const input = h("input", { type: "search", id: "find", placeholder: "Find keys ( / )", "aria-label": "Find keys", autocomplete: "off", spellcheck: "false", maxlength: 200, "aria-describedby": "find-error" });
    const error = h("small", { class: "error", id: "find-error", role: "alert" });
    return h("form", {
        class: "find", role: "search", "aria-label": "Find keys", onsubmit: event => {
            event.preventDefault();
            const text = input.value.trim();
            error.textContent = "";
            if (text === "") {
                return;
            }
            const exact = findExactly(text, complaint => error.textContent = complaint);
            input.value = exact ? "" : text;
            if (!exact) {
                go("keys", { q: text });
            }
        }
    }, input, error);
}

addEventListener("keydown", event => {
    const input = document.getElementById("find");
    const typing = event.target instanceof Element && event.target.matches("input, select, textarea");
    const wanted = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey
        || event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (wanted && input && !document.querySelector("dialog[open]")) {
        event.preventDefault();
        input.focus();
        input.select();
    }
});
