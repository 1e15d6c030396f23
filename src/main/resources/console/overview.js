// The overview: how many keys live, what ends soon, what has ended, whether expiry is on time, and whether the stores are well.

import { link } from "./address.js";
import { get, request } from "./api.js";
import { endingsChart } from "./chart.js";
import { h, keepShowing } from "./dom.js";
import { listen } from "./feed.js";
import { length, number, roughly, time } from "./times.js";

const WITHIN = { P1D: "24 hours", P7D: "7 days", P30D: "30 days" };
const DAYS = { P1D: 1, P7D: 7, P30D: 30 };
const MAX_SHOWN = 50;

export function overview(_, me, signal) {
    const figures = h("div", { class: "figures" });
    const health = h("div");
    void keepShowing(signal, figures, "the numbers", numbers);
    void keepShowing(signal, health, "the state of the stores", stores);
    return [h("h1", {}, "Overview"), figures,
        h("div", { class: "columns" },
            h("section", { class: "card", "aria-labelledby": "over-time" }, h("h2", { id: "over-time" }, "Ended over time"), endingsChart()),
            h("div", {},
                h("section", { class: "card", "aria-labelledby": "health" }, h("h2", { id: "health" }, "Health"), health),
                live(signal)))];
}

async function numbers() {
    const { live: count, expiring, lag } = await get("v1/overview");
    const figure = (value, words, href) => h("div", { class: "card figure" }, h("strong", {}, value), href ? h("a", { href }, words) : h("span", {}, words));
    return [
        figure(roughly(count), "live keys", link("keys", { state: "active" })),
        ...expiring.map(each => figure(roughly(each), `expire within ${WITHIN[each.within]}`,
            link("keys", { expiresBefore: new Date(Date.now() + DAYS[each.within] * 86400_000).toISOString() }))),
        lag ? figure(length(lag.medianMs), `from deadline to record, median of the last ${number(lag.of)}; p99 ${length(lag.p99Ms)}`)
            : figure("–", "no key has expired yet, so there is no lag to tell of")];
}

/** Readiness is answered with 503 when no store can answer. */
async function stores() {
    let readiness;
    try {
        readiness = await (await request("GET", "health/readiness")).json();
    } catch (error) {
        if (error.status !== 503) {
            throw error;
        }
        return h("p", { class: "bad" }, "Not ready: no store can answer, or the service is about to stop.");
    }
    const { postgres, redis, missing = [] } = readiness.details.stores.details;
    const state = up => h("dd", { class: up === "UP" ? "good" : "bad" }, up === "UP" ? "answers" : "does not answer");
    return [
        missing.length === 0 ? h("p", { class: "good" }, "All is well.") : h("p", { class: "bad" }, "Checks are answered, but not all is well:"),
        h("ul", {}, missing.map(words => h("li", {}, words))),
        h("dl", {}, h("dt", {}, "Redis, for checks"), state(redis), h("dt", {}, "Postgres, the record"), state(postgres))];
}

function live(signal) {
    const state = h("span", { class: "pill" }, "connecting …");
    const list = h("ol", { class: "feed", reversed: true });
    const nothing = h("p", { class: "note" }, "Nothing has ended since you came. Endings appear here within seconds.");
    const instead = h("p", { class: "note", hidden: true });
    const become = (kind, words, explained = "") => {
        state.className = `pill ${kind}`;
        state.textContent = words;
        instead.textContent = explained;
        instead.hidden = !explained;
    };
    void listen(signal, (event, data) => {
        if (event === "open") {
            become("good", "live");
        } else if (event === "polling") {
            become("", "every 5 seconds", `${data} This list is updated every 5 seconds instead.`);
        } else if (event === "lost") {
            become("bad", "not connected; trying again");
        }
        if (event === "ending") {
            list.prepend(h("li", {}, h("span", { class: `pill ${data.reason}` }, data.reason), " ",
                h("a", { href: link("key", { id: data.keyId }) }, data.hint), " of ", h("b", {}, data.owner), " ", time(data.endedAt)));
        } else if (event === "skipped") {
            list.prepend(h("li", { class: "note" }, "More ended than can be read here; ", h("a", { href: link("blacklist") }, "the blacklist has them all"), "."));
        }
        while (list.children.length > MAX_SHOWN) {
            list.lastChild.remove();
        }
        nothing.hidden = list.children.length > 0;
    });
    return h("section", { class: "card", "aria-labelledby": "live" }, h("h2", { id: "live" }, "Ending now ", state), instead, nothing, list);
}
