// The details of a key that people enter: name, scopes, contact, warnings and metadata. Used when a key is issued and edited.

import { send } from "./api.js";
import { fieldError } from "./deadline.js";
import { ask } from "./dialogs.js";
import { field, h, isChanged, select, tell } from "./dom.js";
import { durationOf, exactly } from "./times.js";

/** Numbers with more digits may not be represented exactly. */
const MAX_DIGITS = 15;

/**
 * The inputs for the details of a key.
 *
 * @param key the key to start from; without one, the inputs are empty
 * @returns {{elements: Array, changes: function(): Object}} the inputs; and the fields of the API whose inputs were changed.
 *     `changes` throws an error that names the field with an input that cannot be read
 */
export function detailInputs({ name = "", scopes = [], contact = {}, leadTimes, metadata = {} } = {}) {
    const text = (name, value, more) => h("input", { name, value, autocomplete: "off", ...more });
    const inputs = {
        name: text("name", name),
        scopes: text("scopes", scopes.join(" "), { spellcheck: "false" }),
        email: text("email", contact.email ?? "", { type: "email" }),
        language: text("language", contact.language ?? "", { spellcheck: "false" }),
        warnings: select("warnings", [["default", "at the default lead times"], ["none", "none"], ["custom", "custom"]],
            leadTimes === undefined ? "default" : leadTimes.length === 0 ? "none" : "custom"),
        leadTimes: text("leadTimes", (leadTimes ?? []).map(exactly).join(", ")),
        metadata: h("textarea", { name: "metadata", rows: 3, spellcheck: "false" }, Object.keys(metadata).length === 0 ? "" : JSON.stringify(metadata, null, 2))
    };
    const times = field("How long before it expires", inputs.leadTimes, { hint: "Separate with commas, such as “30 days, 1 day 12 hours”." });
    const choose = () => times.hidden = inputs.warnings.value !== "custom";
    inputs.warnings.addEventListener("change", choose);
    choose();
    const changed = (...names) => names.some(each => isChanged(inputs[each]));
    return {
        elements: [
            field("Name", inputs.name, { hint: "What the key is for, such as “billing, production”." }),
            field("Scopes", inputs.scopes, { hint: "Separate scopes with spaces. Leave empty for none." }),
            h("div", { class: "row" },
                field("Owner's e-mail", inputs.email, { name: "contact", hint: "Receives mail before and after the key expires." }),
                field("Language", inputs.language, { name: "contact.language", hint: "Of the mail, such as de or pt-BR." })),
            field("Warnings", inputs.warnings, { name: "" }), times,
            field("Metadata", inputs.metadata, { hint: "Optional: a JSON object." })],
        changes: () => ({
            ...changed("name") && { name: inputs.name.value.trim() },
            ...changed("scopes") && { scopes: inputs.scopes.value.split(/\s+/).filter(Boolean) },
            // An object is replaced as a whole.
            ...changed("email", "language") && { contact: contactOf(inputs.email.value.trim(), inputs.language.value.trim()) },
            ...changed("warnings", "leadTimes") && { leadTimes: leadTimesOf(inputs.warnings.value, inputs.leadTimes.value) },
            ...changed("metadata") && { metadata: metadataOf(inputs.metadata.value) }
        })
    };
}

function contactOf(email, language) {
    return email || language ? { ...email && { email }, ...language && { language } } : null;
}

function leadTimesOf(warnings, text) {
    if (warnings !== "custom") {
        return warnings === "none" ? [] : null;
    }
    const times = text.split(",").map(each => durationOf(each));
    if (times.includes(null)) {
        throw fieldError("leadTimes", "must be lengths of time such as “7 days” or “1 day 12 hours”, separated by commas");
    }
    return times;
}

function metadataOf(text) {
    try {
        return text.trim() === "" ? {} : JSON.parse(text, (_, value) => {
            if (typeof value === "number" && !isExact(value)) {
                throw new RangeError();
            }
            return value;
        });
    } catch (error) {
        throw fieldError("metadata", error instanceof RangeError
            ? "contains a number that this page cannot represent exactly; put it in quotes" : "is not valid JSON");
    }
}

function isExact(number) {
    return Number.isInteger(number) ? Number.isSafeInteger(number)
        : Number.isFinite(number) && String(number).replace(/e.*$/, "").replace(/\D/g, "").replace(/^0+/, "").length <= MAX_DIGITS;
}

/** Opens the dialog that edits a key. Only the fields that were changed are sent. */
export function edit(key, named, done) {
    const { elements, changes } = detailInputs(key);
    ask({
        title: "Edit the key", action: "Save", body: [h("p", {}, "You are editing ", named, "."), elements],
        submit: async () => {
            const body = changes();
            if (Object.keys(body).length === 0) {
                return () => tell("Nothing was changed.");
            }
            return done(await send("PATCH", `v1/keys/${key.id}`, body), "Key edited.");
        }
    });
}
