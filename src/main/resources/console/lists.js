// Lists: a form of filters, which are kept in the URL, and a table that loads further pages on demand.

import { get, query } from "./api.js";
import { failed, field, h, loading, tell } from "./dom.js";
import { go } from "./address.js";
import { findExactly } from "./search.js";

const PAGE = 50;
/** How many empty pages of a sparse list are passed before the user is asked. */
const MAX_EMPTY = 10;

/** A text of a user: its direction does not spread, and a long one is cut after three lines. */
export function bdi(text) {
    return h("bdi", { class: "text", title: text.length > 40 ? text : null }, text);
}

/** A table. Columns are [title, function from a row to its content, class of its cells]. On a narrow screen each row is a block of its own. */
export function table(caption, columns, rows) {
    const body = h("tbody");
    const add = more => body.append(...more.map(row =>
        h("tr", {}, columns.map(([title, show, kind]) => h("td", { "data-title": title, class: kind }, h("div", {}, show(row)))))));
    add(rows);
    return {
        element: h("table", {},
            h("caption", {}, caption),
            h("thead", {}, h("tr", {}, columns.map(([title, , kind]) => h("th", { scope: "col", class: kind }, title)))),
            body),
        add
    };
}

/** The filters of a list, as [label, input] pairs. Their values go into the URL, so that a search can be shared. */
export function filters(view, inputs, { buttons = [], read = form => Object.fromEntries(new FormData(form)) } = {}) {
    const form = h("form", {
        class: "filters", role: "search", onsubmit: event => {
            event.preventDefault();
            if (!find(form)) {
                go(view, read(form));
            }
        }
    }, inputs.map(([label, input]) => field(label, input)),
    h("div", { class: "buttons" },
        h("button", { class: "primary" }, "Search"),
        h("button", { type: "button", onclick: () => go(view, {}) }, "Clear"),
        buttons));
    return form;
}

/**
 * Goes to the key whose whole text was entered in a filter, or its id in the one for any text. A whole key is a secret, so it
 * must not go into the URL.
 */
function find(form) {
    const input = [...form.querySelectorAll("input")].find(each => findExactly(each.value,
        complaint => each.closest(".field").querySelector(".error").textContent = complaint, each.name === "q"));
    if (input) {
        input.value = "";
    }
    return input !== undefined;
}

/**
 * A list of the API, page by page: a button loads the next page.
 *
 * @param render makes a {@link table} of the first rows
 * @param nothing makes the content for an empty list
 * @param sparse whether a page may have fewer rows than asked for although others follow
 */
export function pages(path, parameters, what, render, nothing, { sparse = false } = {}) {
    const place = h("section", { "aria-label": what, "aria-busy": "true" }, loading(what));
    let shown = null;
    let count = 0;
    const more = h("div", { class: "more" });

    async function load(cursor) {
        const read = from => get(query(path, { ...parameters, cursor: from, limit: PAGE }));
        let page = await read(cursor);
        for (let i = 0; sparse && i < MAX_EMPTY && page.items.length === 0 && page.next; i++) {
            page = await read(page.next);
        }
        count += page.items.length;
        if (count === page.items.length) {
            shown = count === 0 ? { element: await nothing(), add: () => {} } : render(page.items);
            place.replaceChildren(shown.element, more);
        } else {
            shown.add(page.items);
            shown.element.querySelectorAll("tbody tr")[count - page.items.length]?.querySelector("a")?.focus();
            tell(`${page.items.length} more loaded, ${count} shown.`);
        }
        // In the order of recording there is always a next cursor, even if its page is still empty.
        more.replaceChildren(...page.next && (sparse || page.items.length === PAGE)
            ? [h("button", { type: "button", onclick: event => again(event.target, page.next) }, "Show more"), h("small", {}, ` ${count} shown`)]
            : count > 0 ? [h("small", {}, count === 1 ? "1 result" : `${count} results`)] : []);
        place.removeAttribute("aria-busy");
    }

    function again(button, cursor) {
        button.disabled = true;
        load(cursor).catch(error => more.replaceChildren(failed(error, event => again(event.target, cursor))));
    }

    function begin() {
        load().catch(error => place.replaceChildren(failed(error, begin)));
    }
    begin();
    return place;
}
