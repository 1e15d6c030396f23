// Tables: rows that can be replaced one by one, and heads that change the order.

import { h } from "./dom.js";

/** The column head that was pressed last. It gets the focus back when the list is shown in its new order. */
let pressed = null;

/** A text of a user: its direction does not spread, and a long one is cut after three lines. */
export function bdi(text) {
    return h("bdi", { class: "text", title: text.length > 40 ? text : null }, text);
}

/**
 * A table. Columns are [title, function from a row to its content, class of its cells, sort]. On a narrow screen each row is a
 * block of its own.
 *
 * @param order the order of the list, if it can be changed: `{ now, change, values }`. `now` is the name of a column's sort, with
 *     a minus in front of a descending one; `change` gets such a name. The sort of a column is that of its first press.
 *     A complete list has `values`: a function for each sort from a row to its value, a text or a number
 * @param onGone is called with each row that `update` removed
 * @returns {{element: Element, add: function(Array), update: function(Array, Object)}} `add` appends rows, `update` shows these
 *     rows instead
 */
export function table(caption, columns, rows, { order, onGone = () => {} } = {}) {
    const body = h("tbody");
    let shown = [];
    const draw = row => ({
        row, text: JSON.stringify(row),
        element: h("tr", {}, columns.map(([title, show, kind]) => h("td", { "data-title": title, class: kind }, h("div", {}, show(row)))))
    });
    const arranged = rows => order?.values ? sorted(rows, order) : rows;
    const add = more => {
        const drawn = arranged(more).map(draw);
        shown.push(...drawn);
        body.append(...drawn.map(each => each.element));
    };

    /**
     * Replaces only the rows that differ. If `gently`, a row with the focus stays as it is, and one that is selected stays in
     * the list, so that nobody loses what they are working on.
     */
    function update(rows, { gently = false } = {}) {
        const former = new Map(shown.map(each => [identity(each.row), each]));
        const isInUse = ({ element }) => gently && element.contains(document.activeElement);
        const next = arranged(rows).map(row => {
            const same = former.get(identity(row));
            former.delete(identity(row));
            if (same && (same.text === JSON.stringify(row) || isInUse(same))) {
                return same;
            }
            same?.element.remove();
            return draw(row);
        });
        for (const each of former.values()) {
            if (isInUse(each) || gently && each.element.querySelector("input:checked:enabled")) {
                next.splice(placeOf(each, next), 0, each);
            } else {
                each.element.remove();
                onGone(each.row);
            }
        }
        // Moves only rows whose place has changed, because a row that moves loses the focus.
        let place = body.firstChild;
        for (const { element } of next) {
            if (element === place) {
                place = place.nextSibling;
            } else {
                body.insertBefore(element, place);
            }
        }
        shown = next;
    }

    /** The index after the row that was above this one and is still shown. */
    function placeOf(kept, next) {
        const ids = next.map(each => identity(each.row));
        const above = shown.slice(0, shown.indexOf(kept)).findLast(each => ids.includes(identity(each.row)));
        return above ? ids.indexOf(identity(above.row)) + 1 : 0;
    }

    add(rows);
    return {
        element: h("table", {},
            h("caption", {}, caption),
            h("thead", {}, h("tr", {}, columns.map(([title, , kind, sort]) => head(title, kind, sort, order)))),
            body),
        add, update
    };
}

/** What a row is about. Other fields of it may change. */
function identity({ id, keyId, endedAt, owner }) {
    return id ?? (keyId ? `${keyId} ${endedAt}` : owner);
}

function head(title, kind, sort, order) {
    if (!sort || !order) {
        return h("th", { scope: "col", class: kind }, title);
    }
    const current = order.now === sort || order.now === reverse(sort) ? order.now : null;
    const direction = current && (isDescending(current) ? "descending" : "ascending");
    const button = h("button", {
        type: "button", class: "sort", onclick: () => {
            pressed = sort;
            order.change(current === sort ? reverse(sort) : sort);
        }
    }, title, direction ? h("span", { "aria-hidden": "true" }, isDescending(current) ? " ▼" : " ▲") : null);
    if (pressed === sort) {
        pressed = null;
        // When the table is in the document.
        setTimeout(() => button.focus({ preventScroll: true }));
    }
    return h("th", { scope: "col", class: kind, "aria-sort": direction }, button);
}

function isDescending(sort) {
    return sort.startsWith("-");
}

function reverse(sort) {
    return isDescending(sort) ? sort.slice(1) : `-${sort}`;
}

const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });

/** Rows without a value are last in both directions. */
function sorted(rows, { now, values }) {
    const value = values[isDescending(now) ? reverse(now) : now];
    if (!value) {
        return rows;
    }
    const sign = isDescending(now) ? -1 : 1;
    const isMissing = each => each === undefined || each === null;
    return rows.toSorted((one, other) => {
        const [a, b] = [value(one), value(other)];
        return isMissing(a) || isMissing(b) ? isMissing(a) - isMissing(b)
            : sign * (typeof a === "number" ? a - b : collator.compare(a, b));
    });
}
