// Previews of the mail that owners get, as text, and test mails. The HTML is not shown here, because the page allows no styles
// but its own; it can be downloaded.

import { get, query, send } from "./api.js";
import { ask } from "./dialogs.js";
import { field, h, select, show, tell } from "./dom.js";

const NAMES = {
    "api_key.expiring": "key expires soon", "api_key.expired": "key has expired", "api_key.revoked": "key was revoked",
    "api_key.rotated": "key was replaced", "api_key.renewed": "key was renewed", "api_key.refused": "key has ended but is still used"
};
const LANGUAGES = new Intl.DisplayNames("en", { type: "language" });

/** The name of a language, such as `German` for `de`. */
export function languageName(tag) {
    try {
        return LANGUAGES.of(tag);
    } catch {
        // A tag that has no language, such as x-klingon.
        return tag;
    }
}

/** A dialog that shows each mail in each language, and sends it to an address. */
export async function previewMail() {
    let listed;
    try {
        listed = await get("v1/mail-templates");
    } catch (error) {
        tell(error.message);
        return;
    }
    const { configured, items } = listed;
    const type = select("type", items.map(each => [each.type, NAMES[each.type] ?? each.type.replace("api_key.", "")]));
    const language = select("language", [...new Set(items.flatMap(each => each.languages))].sort().map(each => [each, languageName(each)]), "en");
    const place = h("div");
    const draw = () => show(place, "the mail", async () => {
        const mail = await get(query(`v1/mail-templates/${type.value}`, { language: language.value }));
        return [
            h("p", {}, h("b", {}, mail.subject)),
            h("pre", { tabindex: 0, lang: mail.language, "aria-label": "Text of the mail", role: "region" }, mail.text),
            mail.language !== language.value ? h("p", { class: "note" }, `There are no templates for ${languageName(language.value)}.`) : null,
            h("button", { type: "button", class: "small", onclick: () => download(mail) }, "Download the HTML")];
    });
    type.addEventListener("change", draw);
    language.addEventListener("change", draw);
    void draw();
    const dialog = ask({
        title: "Mail to owners", action: configured ? "Send a test" : "Close",
        body: [
            h("div", { class: "row" }, field("Event", type), field("Language", language)),
            place,
            configured ? field("Send a test to", h("input", { name: "email", type: "email", autocomplete: "email" }), { hint: "Sends a mail about a sample key through the configured mail server." })
                : h("p", { class: "warning" }, "No mail server is configured, so owners get no mail. Set KEYLAPSE_MAIL_SMTP_URI and KEYLAPSE_MAIL_FROM.")],
        submit: !configured ? () => {} : async form => {
            const result = await send("POST", `v1/mail-templates/${type.value}/test`, { email: form.elements.email.value.trim(), language: language.value });
            if (result.result !== "delivered") {
                throw new Error(`Not sent: ${result.outcome}.`);
            }
            return () => tell("Test mail sent.");
        }
    });
    if (!configured) {
        dialog.querySelector("form > .buttons > button[type=button]").remove();
    }
}

function download({ type, language, html }) {
    const url = URL.createObjectURL(new Blob([html], { type: "text/html" }));
    h("a", { href: url, download: `${type.replace("api_key.", "")}.${language}.html` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
