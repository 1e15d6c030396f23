// Endings over time as stacked bars. Clicking a bar, pressing Enter on it, or dragging across several bars zooms in. A table
// shows the same numbers.

import { get, query } from "./api.js";
import { failed, h, loading, s } from "./dom.js";
import { dayOf, number, shortTime } from "./times.js";

const REASONS = ["expired", "revoked", "rotated"];
const HOUR = 3600_000;
const DAY = 24 * HOUR;
const RANGES = [["24 hours", DAY], ["7 days", 7 * DAY], ["30 days", 30 * DAY], ["6 months", 182 * DAY]];
const WIDTH = 720;
const HEIGHT = 220;
const LEFT = 60;
const BOTTOM = 24;

function bucketFor(length) {
    return length <= 3 * DAY ? ["hour", HOUR] : length <= 60 * DAY ? ["day", DAY] : ["week", 7 * DAY];
}

/** A chart of the endings of one owner, or of all owners. */
export function endingsChart(owner = "") {
    const place = h("div", { class: "chart" });
    const buttons = h("div", { class: "ranges", role: "group", "aria-label": "Range" });
    const former = [];
    let range = { from: Date.now() - 30 * DAY, to: null, name: "30 days" };

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
                type: "button", "aria-pressed": range.name === name ? "true" : "false",
                onclick: () => lookAt({ from: Date.now() - length, to: null, name })
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
            const { buckets } = await get(query("v1/blacklist/stats", {
                bucket, owner, from: new Date(from).toISOString(), to: to && new Date(to).toISOString()
            }));
            if (asked !== range) {
                return;
            }
            place.replaceChildren(...drawing(buckets, length, (first, last) => lookAt({ from: first, to: last, name: null })));
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

function drawing(buckets, length, zoom) {
    const total = bucket => REASONS.reduce((sum, reason) => sum + bucket[reason], 0);
    const sums = Object.fromEntries(REASONS.map(reason => [reason, buckets.reduce((sum, bucket) => sum + bucket[reason], 0)]));
    const top = roundUp(Math.max(1, ...buckets.map(total)));
    const step = (WIDTH - LEFT) / Math.max(1, buckets.length);
    const height = count => count / top * (HEIGHT - BOTTOM - 8);
    const name = bucket => length === HOUR ? shortTime(new Date(bucket.start)) : length === DAY ? dayOf(new Date(bucket.start)) : `week of ${dayOf(new Date(bucket.start))}`;
    const start = bucket => Date.parse(bucket.start);
    const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": `Endings: ${REASONS.map(reason => `${number(sums[reason])} ${reason}`).join(", ")}` });

    for (const part of [0, 0.5, 1]) {
        const y = HEIGHT - BOTTOM - height(top * part);
        svg.append(
            s("line", { x1: LEFT, x2: WIDTH, y1: y, y2: y, class: "grid" }),
            s("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, top * part % 1 === 0 ? number(top * part) : ""));
    }
    const every = Math.ceil(buckets.length / 6);
    const rects = [];
    buckets.forEach((bucket, index) => {
        const x = LEFT + index * step;
        const words = `${name(bucket)}: ${REASONS.map(reason => `${number(bucket[reason])} ${reason}`).join(", ")}`;
        const canZoom = length > HOUR && total(bucket) > 0;
        const group = s("g", canZoom ? {
            tabindex: -1, role: "button", "aria-label": `${words}. Zoom in.`, class: "bar",
            onkeydown: event => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), zoom(start(bucket), start(bucket) + length))
        } : { class: "bar" }, s("title", {}, words),
        s("rect", { x, y: 0, width: step, height: HEIGHT - BOTTOM, class: "behind" }));
        let y = HEIGHT - BOTTOM;
        for (const reason of REASONS) {
            const tall = height(bucket[reason]);
            y -= tall;
            if (tall > 0) {
                group.append(s("rect", { x: x + step * 0.1, y, width: step * 0.8, height: Math.max(1, tall), class: reason }));
            }
        }
        rects.push(group);
        svg.append(group);
        if (index % every === 0) {
            const atTheEdge = x > WIDTH - 60;
            svg.append(s("text", { x: atTheEdge ? WIDTH : x + 2, y: HEIGHT - 6, "text-anchor": atTheEdge ? "end" : "start" }, name(bucket).replace("week of ", "")));
        }
    });
    rove(rects.filter(each => each.getAttribute("role") === "button"));
    drag(svg, step, buckets, (first, last) => (length > HOUR || last > first) && zoom(start(buckets[first]), start(buckets[last]) + length));

    const legend = h("ul", { class: "legend" }, REASONS.map(reason => h("li", { class: reason }, `${reason} ${number(sums[reason])}`)));
    const rows = buckets.filter(bucket => total(bucket) > 0);
    const numbers = h("details", {}, h("summary", {}, "Data table"),
        rows.length === 0 ? h("p", {}, "No endings in this period.") : h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Data table" }, h("table", { class: "plain" },
            h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "From"), REASONS.map(reason => h("th", { scope: "col" }, reason)))),
            h("tbody", {}, rows.map(bucket => h("tr", {}, h("th", { scope: "row" }, name(bucket)), REASONS.map(reason => h("td", {}, number(bucket[reason])))))))));
    return [legend, svg, h("p", { class: "note" }, length > HOUR ? "Click a bar, or drag across several, to zoom in. Arrow keys move between bars. Days are in UTC." : "Drag across bars to zoom in."), numbers];
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

/** Calls `done` with the first and the last bar that the pointer was dragged across. */
function drag(svg, step, buckets, done) {
    let begun = null;
    const marked = s("rect", { y: 0, height: HEIGHT - BOTTOM, width: 0, class: "marked" });
    const at = event => {
        const box = svg.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width * WIDTH - LEFT;
        return Math.min(buckets.length - 1, Math.max(0, Math.floor(x / step)));
    };
    const mark = (first, last) => {
        marked.setAttribute("x", LEFT + first * step);
        marked.setAttribute("width", (last - first + 1) * step);
    };
    svg.append(marked);
    svg.addEventListener("pointerdown", event => {
        if (event.button !== 0) {
            return;
        }
        begun = at(event);
        svg.setPointerCapture(event.pointerId);
        mark(begun, begun);
    });
    svg.addEventListener("pointermove", event => begun !== null && mark(Math.min(begun, at(event)), Math.max(begun, at(event))));
    svg.addEventListener("pointerup", event => {
        if (begun !== null) {
            const end = at(event);
            const [first, last] = [Math.min(begun, end), Math.max(begun, end)];
            begun = null;
            marked.setAttribute("width", 0);
            done(first, last);
        }
    });
    svg.addEventListener("pointercancel", () => {
        begun = null;
        marked.setAttribute("width", 0);
    });
}
