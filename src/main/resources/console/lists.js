// Lists: a form of filters, which are kept in the URL, and a table that loads further pages on demand and keeps up to date.

import { go } from "./address.js";
import { get, query } from "./api.js";
import { failed, field, focusIn, h, loading, repeat, tell } from "./dom.js";
import { findExactly } from "./search.js";
import { updateDistances } from "./times.js";

export { bdi, table } from "./table.js";

const PAGE = 50;
/** How many empty pages of a sparse list are passed before the user is asked. */
const MAX_EMPTY = 10;
/** On a narrow screen filters are folded, so that the list can be seen. The same width is in console.css. */
const NARROW = matchMedia("(width < 52rem)");

NARROW.addEventListener("change", () => document.querySelectorAll(".filters > details").forEach(each => each.open = !NARROW.matches));

/**
 * The filters of a list, as [label, input] pairs. Their values go into the URL, so that a search can be shared.
 *
 * @param buttons further buttons beside the search
 */
export function filters(view, inputs, { buttons = [], read = form => Object.fromEntries(new FormData(form)) } = {}) {
    const used = inputs.filter(([, input]) => input.value !== "").length;
    const form = h("form", {
        class: "filters", role: "search", onsubmit: event => {
            event.preventDefault();
            if (!goToKey(form)) {
                go(view, read(form));
            }
        }
    }, h("details", { open: !NARROW.matches },
        h("summary", {}, used === 0 ? "Filters" : `Filters (${used})`),
        h("div", { class: "inputs" },
            inputs.map(([label, input]) => field(label, input)),
            h("div", { class: "buttons" },
                h("button", { class: "primary" }, "Search"),
                h("button", { type: "button", onclick: () => go(view, {}) }, "Clear"),
                buttons))));
    return form;
}

/**
 * Goes to the key whose whole text was entered in a filter, or its id in the one for any text, and returns whether there is one.
 * A whole key is a secret, so it must not go into the URL.
 */
export function goToKey(form) {
    const input = [...form.querySelectorAll("input")].find(each => findExactly(each.value,
        complaint => each.closest(".field").querySelector(".error").textContent = complaint, each.name === "q"));
    if (input) {
        input.value = "";
    }
    return input !== undefined;
}

/**
 * The order of a list, which is kept in the URL.
 *
 * @param usual the order without a `sort` in the URL
 * @param values how a complete list is sorted: see {@link table}
 * @param more further parameters that go with an order
 */
export function ordering(view, parameters, usual, { values, more = () => ({}) } = {}) {
    return {
        values,
        now: parameters.sort || usual,
        change: sort => go(view, { ...parameters, ...more(sort), sort: sort === usual ? "" : sort })
    };
}

/**
 * Remembers where the rows that can be seen are. Returns a function that scrolls back to them. Not all browsers do so by
 * themselves when rows come in above, so console.css switches that off.
 */
function keepInView(place) {
    const seen = [...place.querySelectorAll("tbody tr")].map(row => [row, row.getBoundingClientRect()]).filter(([, { bottom }]) => bottom > 0);
    return () => {
        const [row, { top }] = seen.find(([each]) => each.isConnected) ?? [null, {}];
        if (row && scrollY > 0) {
            scrollBy({ top: row.getBoundingClientRect().top - top, behavior: "instant" });
        }
    };
}

/** A list of the API, page by page: a button loads the next page. See {@link list}. */
export function pages(path, parameters, what, render, nothing, options) {
    return list(path, { ...parameters, limit: PAGE }, what, render, nothing, options).element;
}

/**
 * A list of the API. While only its first page is shown, it is refreshed every 15 seconds.
 *
 * @param render makes a {@link table} of the first rows
 * @param nothing makes the content for an empty list
 * @param sparse whether a page may have fewer rows than asked for although others follow
 * @returns {{element: Element, again: function()}} the list, and what loads it again after a change
 */
export function list(path, parameters, what, render, nothing, { sparse = false } = {}) {
    const button = h("button", { type: "button", onclick: () => append() }, "Show more");
    const total = h("small");
    const more = h("div", { class: "more" }, button, " ", total);
    const complaint = h("p", { class: "error", role: "status" });
    const place = h("section", { class: "list", "aria-label": what, "aria-busy": "true" }, loading(what));
    /** The table, or what is shown instead of an empty one; null before the first page and after a failure. */
    let shown = null;
    let count = 0;
    let next = null;
    let isFirstPage = true;
    /** The number of loads. A refresh is dropped if another load has begun meanwhile. */
    let loads = 0;

    async function read(cursor) {
        const from = cursor => get(query(path, { ...parameters, cursor }));
        let page = await from(cursor);
        for (let i = 0; sparse && i < MAX_EMPTY && page.items.length === 0 && page.next; i++) {
            page = await from(page.next);
        }
        return page;
    }

    async function draw(page, options) {
        const { items } = page;
        if (shown && count > 0 && items.length > 0) {
            shown.update(items, options);
        } else if (!shown || count > 0 || items.length > 0) {
            // Rows that are gone are no longer selected.
            shown?.update?.([], options);
            shown = items.length > 0 ? render(items) : { element: await nothing() };
            place.replaceChildren(shown.element, complaint, more);
        }
        drawn(page, items.length);
    }

    function drawn(page, all) {
        count = all;
        // In the order of recording there is always a next cursor, even if its page is still empty.
        next = sparse || page.items.length === parameters.limit ? page.next : undefined;
        button.hidden = !next;
        button.disabled = false;
        total.textContent = next ? `${count} shown` : count === 0 ? "" : count === 1 ? "1 result" : `${count} results`;
        complaint.textContent = "";
        place.removeAttribute("aria-busy");
    }

    async function append() {
        loads++;
        isFirstPage = false;
        button.disabled = true;
        try {
            const page = await read(next);
            const before = shown.element.querySelectorAll("tbody tr").length;
            if (count === 0) {
                await draw(page);
            } else {
                shown.add(page.items);
                drawn(page, count + page.items.length);
            }
            more.replaceChildren(button, " ", total);
            shown.element.querySelectorAll("tbody tr")[before]?.querySelector("a")?.focus();
            tell(`${page.items.length} more loaded, ${count} shown.`);
        } catch (error) {
            more.replaceChildren(failed(error, append));
        }
    }

    async function begin() {
        loads++;
        try {
            const page = await read();
            isFirstPage = true;
            await draw(page);
        } catch (error) {
            shown = null;
            count = 0;
            place.replaceChildren(failed(error, begin));
        }
    }

    async function again() {
        const refocus = focusIn(place);
        await begin();
        refocus();
    }

    async function refresh() {
        const mine = ++loads;
        try {
            const page = await read();
            const isTableKept = shown && (count > 0) === page.items.length > 0;
            if (loads === mine && isFirstPage && (isTableKept || !place.contains(document.activeElement))) {
                const scrollBack = keepInView(place);
                await draw(page, { gently: true });
                scrollBack();
                updateDistances(place);
            }
        } catch (error) {
            complaint.textContent = `This list may be out of date, because it could not be refreshed. The next attempt follows automatically. ${error.message}`;
        }
    }

    void begin().then(() => repeat(() => place.isConnected, async () => isFirstPage && refresh()));
    return { element: place, again };
}
