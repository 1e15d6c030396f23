// The overview: active keys, past endings beside upcoming expiries, the recording delay, and the health of the stores.

import { link } from "./address.js";
import { get, request } from "./api.js";
import { endingsChart, expiriesChart } from "./chart.js";
import { h, keepShowing } from "./dom.js";
import { listen } from "./feed.js";
import { hasNoKeys, firstSteps } from "./keys.js";
import { length, number, roughly, time } from "./times.js";

const WITHIN = { P1D: "24 hours", P7D: "7 days", P30D: "30 days" };
const DAYS = { P1D: 1, P7D: 7, P30D: 30 };
const MAX_SHOWN = 50;

export function overview(_, me, signal) {
    const figures = h("div", { class: "figures" });
    const health = h("div");
    void keepShowing(signal, figures, "figures", () => numbers(me));
    void keepShowing(signal, health, "health", stores);
    return [h("h1", {}, "Overview"), figures,
        h("section", { class: "card health", "aria-labelledby": "health" }, h("h2", { id: "health" }, "Health"), health),
        h("div", { class: "charts" },
            h("section", { class: "card", "aria-labelledby": "ended" }, h("h2", { id: "ended" }, "Ended over time"), endingsChart()),
            h("section", { class: "card", "aria-labelledby": "upcoming" }, h("h2", { id: "upcoming" }, "Upcoming expiries"), expiriesChart())),
        live(signal)];
}

async function numbers(me) {
    const { live: count, expiring, lag } = await get("v1/overview");
    const isNew = count.keys === 0 && !lag && me.may("read_keys") && await hasNoKeys();
    const figure = (value, words, href) => h("div", { class: "card figure" }, h("strong", {}, value), href ? h("a", { href }, words) : h("span", {}, words));
    return [
        isNew ? firstSteps(me) : null,
        figure(roughly(count), "active keys", link("keys", { state: "active" })),
        ...expiring.map(each => figure(roughly(each), `expire within ${WITHIN[each.within]}`,
            link("keys", { expiresTo: new Date(Date.now() + DAYS[each.within] * 86400_000).toISOString() }))),
        lag ? figure(length(lag.medianMs), `median delay from deadline to blacklist, last ${number(lag.of)} expiries; p99 ${length(lag.p99Ms)}`)
            : figure("–", "delay from deadline to blacklist: no key has expired yet")];
}

/** The health of the stores. Readiness responds with HTTP 503 when neither store responds. */
async function stores() {
    let readiness;
    try {
        readiness = await (await request("GET", "health/readiness")).json();
    } catch (error) {
        if (error.status !== 503) {
            throw error;
        }
        return h("p", { class: "bad" }, "Not ready: neither store responds, or the service is shutting down.");
    }
    const { postgres, redis, missing = [] } = readiness.details.stores.details;
    const state = up => h("dd", { class: up === "UP" ? "good" : "bad" }, up === "UP" ? "Up" : "Down");
    return [
        missing.length === 0 ? h("p", { class: "good" }, "Healthy") : h("p", { class: "bad" }, "Degraded: checks are answered, with these problems:"),
        h("ul", {}, missing.map(words => h("li", {}, words))),
        h("dl", {}, h("dt", {}, "Redis (checks)"), state(redis), h("dt", {}, "Postgres (record)"), state(postgres))];
}

function live(signal) {
    const state = h("span", { class: "pill" }, "connecting …");
    const list = h("ol", { class: "feed", reversed: true });
    const nothing = h("p", { class: "note" }, "No key has ended since you opened this page. Endings appear here within seconds.");
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
            become("bad", "disconnected, reconnecting …");
        }
        if (event === "ending") {
            list.prepend(h("li", {}, h("span", { class: `pill ${data.reason}` }, data.reason), " ",
                h("a", { href: link("key", { id: data.keyId }) }, data.hint), " of ", h("b", {}, data.owner), " ", time(data.endedAt)));
        } else if (event === "skipped") {
            list.prepend(h("li", { class: "note" }, "More keys ended than fit here. ", h("a", { href: link("blacklist") }, "The blacklist"), " lists them all."));
        }
        while (list.children.length > MAX_SHOWN) {
            list.lastChild.remove();
        }
        nothing.hidden = list.children.length > 0;
    });
    return h("section", { class: "card", "aria-labelledby": "live" }, h("h2", { id: "live" }, "Live endings ", state), instead, nothing, list);
}
