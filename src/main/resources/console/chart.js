// Numbers over time as stacked bars: what ended, and what will expire. A bar is a link to the list of its keys. Dragging across
// several bars zooms in. A table shows the same numbers.

import { link } from "./address.js";
import { get, query } from "./api.js";
import { failed, h, loading, s } from "./dom.js";
import { dayOf, number, roughly, shortTime } from "./times.js";

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const RANGES = [["24 hours", DAY], ["7 days", 7 * DAY], ["30 days", 30 * DAY], ["6 months", 182 * DAY]];
const WIDTH = 560;
const HEIGHT = 220;
const LEFT = 60;
const BOTTOM = 24;

/**
 * A kind of chart. `series` are the names of what is stacked, and `count` is a number of one bucket as `{ keys, exact }`. `list`
 * is the view that lists a bucket.
 */
const ENDED = {
    path: "v1/blacklist/stats",
    what: "Endings",
    nothing: "No endings in this period.",
    series: ["expired", "revoked", "rotated"],
    count: (bucket, reason) => ({ keys: bucket[reason], exact: true }),
    since: "Last",
    range: length => ({ from: Date.now() - length, to: null }),
    list: (from, to) => link("blacklist", { from, to })
};

const EXPIRING = {
    path: "v1/keys/stats",
    what: "Upcoming expiries",
    nothing: "No key expires in this period.",
    series: ["expiring"],
    count: bucket => bucket,
    since: "Next",
    range: length => ({ from: Date.now(), to: Date.now() + length }),
    list: (from, to) => link("keys", { expiresFrom: from, expiresTo: to })
};

/** A chart of the keys that ended. */
export function endingsChart() {
    return chart(ENDED);
}

/** A chart of the active keys by deadline. */
export function expiriesChart() {
    return chart(EXPIRING);
}

function bucketFor(length) {
    return length <= 3 * DAY ? ["hour", HOUR] : length <= 60 * DAY ? ["day", DAY] : ["week", 7 * DAY];
}

function chart(kind) {
    const place = h("div", { class: "chart" });
    const buttons = h("div", { class: "ranges", role: "group", "aria-label": `${kind.what}: range` });
    const former = [];
    let range = { name: "30 days", ...kind.range(30 * DAY) };

    function lookAt(next) {
        former.push(range);
        range = next;
        draw();
    }

    async function draw() {
        const hadFocus = buttons.contains(document.activeElement) || place.contains(document.activeElement);
        const asked = range;
        buttons.replaceChildren(
            ...RANGES.map(([name, length]) => h("button", {
                type: "button", "aria-pressed": range.name === name ? "true" : "false", "aria-label": `${kind.since} ${name}`,
                onclick: () => lookAt({ name, ...kind.range(length) })
            }, name)),
            h("button", { type: "button", disabled: former.length === 0, onclick: () => {
                range = former.pop();
                draw();
            } }, "Back"));
        if (hadFocus) {
            buttons.querySelector("[aria-pressed=true], :enabled").focus();
        }
        place.replaceChildren(loading("the chart"));
        const { from, to } = range;
        const [bucket, length] = bucketFor((to ?? Date.now()) - from);
        try {
            const { buckets } = await get(query(kind.path, { bucket, from: new Date(from).toISOString(), to: to && new Date(to).toISOString() }));
            if (asked !== range) {
                return;
            }
            place.replaceChildren(...drawing(kind, range, buckets, length, (first, last) => lookAt({ from: first, to: last, name: null })));
        } catch (error) {
            if (asked === range) {
                place.replaceChildren(failed(error, draw));
            }
        }
    }
    draw();
    return h("div", {}, buttons, place);
}

/** The next round number (1, 2 or 5 times a power of ten) that is at least the value. */
function roundUp(value) {
    const unit = 10 ** Math.floor(Math.log10(Math.max(1, value)));
    return [1, 2, 5, 10].map(each => each * unit).find(each => each >= value);
}

function drawing({ what, nothing, series, count, list }, range, buckets, length, zoom) {
    const total = bucket => series.reduce((sum, each) => sum + count(bucket, each).keys, 0);
    const sum = each => roughly({
        keys: buckets.reduce((all, bucket) => all + count(bucket, each).keys, 0), exact: buckets.every(bucket => count(bucket, each).exact)
    });
    const numbers = bucket => series.map(each => `${roughly(count(bucket, each))} ${each}`).join(", ");
    const top = roundUp(Math.max(1, ...buckets.map(total)));
    const step = (WIDTH - LEFT) / Math.max(1, buckets.length);
    const height = keys => keys / top * (HEIGHT - BOTTOM - 8);
    const name = bucket => length === HOUR ? shortTime(new Date(bucket.start)) : length === DAY ? dayOf(new Date(bucket.start)) : `week of ${dayOf(new Date(bucket.start))}`;
    const start = bucket => Math.max(range.from, Date.parse(bucket.start));
    const end = bucket => Math.min(range.to ?? Infinity, Date.parse(bucket.start) + length);
    const there = bucket => list(new Date(start(bucket)).toISOString(), new Date(end(bucket)).toISOString());
    const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": `${what}: ${series.map(each => `${sum(each)} ${each}`).join(", ")}` });

    for (const part of [0, 0.5, 1]) {
        const y = HEIGHT - BOTTOM - height(top * part);
        svg.append(
            s("line", { x1: LEFT, x2: WIDTH, y1: y, y2: y, class: "grid" }),
            s("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, top * part % 1 === 0 ? number(top * part) : ""));
    }
    const every = Math.ceil(buckets.length / 6);
    const bars = [];
    buckets.forEach((bucket, index) => {
        const x = LEFT + index * step;
        const words = `${name(bucket)}: ${numbers(bucket)}`;
        const bar = total(bucket) > 0
            ? s("a", { href: there(bucket), tabindex: -1, "aria-label": words, class: "bar" })
            : s("g", { class: "bar" });
        bar.append(s("title", {}, words), s("rect", { x, y: 0, width: step, height: HEIGHT - BOTTOM, class: "behind" }));
        let y = HEIGHT - BOTTOM;
        for (const each of series) {
            const tall = height(count(bucket, each).keys);
            y -= tall;
            if (tall > 0) {
                bar.append(s("rect", { x: x + step * 0.1, y, width: step * 0.8, height: Math.max(1, tall), class: each }));
            }
        }
        if (total(bucket) > 0) {
            bars.push(bar);
        }
        svg.append(bar);
        if (index % every === 0) {
            const atTheEdge = x > WIDTH - 60;
            svg.append(s("text", { x: atTheEdge ? WIDTH : x + 2, y: HEIGHT - 6, "text-anchor": atTheEdge ? "end" : "start" }, name(bucket).replace("week of ", "")));
        }
    });
    rove(bars);
    drag(svg, step, buckets, (first, last) => zoom(start(buckets[first]), end(buckets[last])));

    const legend = h("ul", { class: "legend" }, series.map(each => h("li", { class: each }, `${each} ${sum(each)}`)));
    const rows = buckets.filter(bucket => total(bucket) > 0);
    const table = h("details", {}, h("summary", {}, "Data table"),
        rows.length === 0 ? h("p", {}, nothing) : h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${what}: data table` }, h("table", { class: "plain" },
            h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "From"), series.map(each => h("th", { scope: "col" }, each)))),
            h("tbody", {}, rows.map(bucket => h("tr", {}, h("th", { scope: "row" }, h("a", { href: there(bucket) }, name(bucket))), series.map(each => h("td", {}, roughly(count(bucket, each))))))))));
    return [legend, svg, h("p", { class: "note" }, `Click a bar to list its keys, or drag across several to zoom in. Arrow keys move between bars.${length > HOUR ? " Days are in UTC." : ""}`), table];
}

/** Makes bars one tab stop. The arrow keys, Home and End move between them. */
function rove(bars) {
    bars.at(-1)?.setAttribute("tabindex", 0);
    bars.forEach((bar, index) => {
        bar.addEventListener("focus", () => bars.forEach(each => each.setAttribute("tabindex", each === bar ? 0 : -1)));
        bar.addEventListener("keydown", event => {
            const next = { ArrowLeft: bars[index - 1], ArrowRight: bars[index + 1], Home: bars[0], End: bars.at(-1) }[event.key];
            if (next) {
                event.preventDefault();
                next.focus();
            }
        });
    });
}

/** Calls `done` with the first and the last bar when the pointer was dragged across several. */
function drag(svg, step, buckets, done) {
    let begun = null;
    let dragged = false;
    const marked = s("rect", { y: 0, height: HEIGHT - BOTTOM, width: 0, class: "marked" });
    const at = event => {
        const box = svg.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width * WIDTH - LEFT;
        return Math.min(buckets.length - 1, Math.max(0, Math.floor(x / step)));
    };
    const stop = () => {
        begun = null;
        marked.setAttribute("width", 0);
    };
    svg.append(marked);
    svg.addEventListener("dragstart", event => event.preventDefault());
    svg.addEventListener("pointerdown", event => {
        dragged = false;
        begun = event.button === 0 ? at(event) : null;
    });
    svg.addEventListener("pointermove", event => {
        if (begun === null || !dragged && at(event) === begun) {
            return;
        }
        if (!dragged) {
            // Not before: the svg would get the click on a bar too.
            svg.setPointerCapture(event.pointerId);
            dragged = true;
        }
        const [first, last] = [Math.min(begun, at(event)), Math.max(begun, at(event))];
        marked.setAttribute("x", LEFT + first * step);
        marked.setAttribute("width", (last - first + 1) * step);
    });
    svg.addEventListener("pointerup", event => {
        const [from, to] = [begun, at(event)];
        stop();
        if (from !== null && dragged) {
            done(Math.min(from, to), Math.max(from, to));
        }
    });
    svg.addEventListener("pointercancel", stop);
    svg.addEventListener("click", event => dragged && event.preventDefault());
}
