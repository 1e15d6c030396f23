// Endings as they are recorded, over server-sent events. Not by EventSource, which cannot send the management key. When
// the service or the way to it does not allow a feed, the blacklist is polled instead.

import { get, query, request } from "./api.js";

const PAUSE = 3000;
const POLLED_EVERY = 5000;
const POLLED_AT_ONCE = 100;

/** The service sends something each second. A proxy that collects answers before it passes them on does not. */
const MAX_SILENCE = 10_000;
const MIN_FEED = 10_000;
const PAUSE_WHEN_NOT_KEPT = 60_000;

/**
 * Calls back with each event, and with what becomes of the connection: "open"; "polling" and why, while the blacklist is
 * polled; "lost" and why, while that fails too. It ends with the signal. What happens between two connections is not missed.
 */
export async function listen(signal, heard) {
    const place = { cursor: "" };
    const pause = length => new Promise(resolve => setTimeout(resolve, length));
    let feedFrom = 0;
    let why = "";
    while (!signal.aborted) {
        try {
            if (Date.now() >= feedFrom) {
                const begun = Date.now();
                await follow(place, signal, heard);
                if (Date.now() - begun >= MIN_FEED) {
                    await pause(PAUSE);
                    continue;
                }
                why = "The live connection was closed too early.";
                feedFrom = Date.now() + PAUSE_WHEN_NOT_KEPT;
            }
        } catch (error) {
            if (isOver(error)) {
                return;
            }
            why = inWords(error);
            feedFrom = Date.now() + (error === SILENT ? PAUSE_WHEN_NOT_KEPT : (error.retryAfter ?? 0) * 1000);
        }
        try {
            await poll(place, signal, heard);
            heard("polling", why);
        } catch (error) {
            if (isOver(error)) {
                return;
            }
            heard("lost", error.message);
        }
        await pause(POLLED_EVERY);
    }

    function isOver(error) {
        return signal.aborted || error.status === 401;
    }
}

const SILENT = new Error("The live connection sends no data.");

function inWords(error) {
    return error.code !== "TOO_MANY_LISTENERS" ? error.message
        : error.status === 429 ? "Too many windows already get live updates with this management key."
            : "Too many windows already get live updates from the service.";
}

/** The feed, until it ends. */
async function follow(place, signal, heard) {
    const silence = new AbortController();
    let timer;
    const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(SILENT), MAX_SILENCE);
    };
    wait();
    try {
        const response = await request("GET", "v1/blacklist/feed", {
            accept: "text/event-stream", signal: AbortSignal.any([signal, silence.signal]), lastEventId: place.cursor
        });
        for await (const event of events(response.body)) {
            wait();
            heard("open");
            place.cursor = event.id || place.cursor;
            heard(event.name, event.data);
        }
    } finally {
        clearTimeout(timer);
    }
}

/** What was recorded since; nothing the first time, which finds out where the present is: behind a page of what ends last of all. */
async function poll(place, signal, heard) {
    const { items, next } = await get(query("v1/blacklist", place.cursor
        ? { order: "recorded", limit: POLLED_AT_ONCE, cursor: place.cursor }
        : { order: "recorded", limit: 1, from: "9999-12-31T00:00:00Z" }), { signal });
    items.forEach(item => heard("ending", item));
    if (items.length === POLLED_AT_ONCE) {
        heard("skipped");
        place.cursor = "";
    } else {
        place.cursor = next;
    }
}

async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
        const { done, value } = await reader.read();
        if (done) {
            return;
        }
        text += value;
        const parts = text.split("\n\n");
        text = parts.pop();
        for (const part of parts) {
            const event = { name: "message", id: "", data: "" };
            for (const line of part.split("\n")) {
                const [, field, rest] = /^(\w+): ?(.*)$/.exec(line) ?? [];
                if (field === "event") {
                    event.name = rest;
                } else if (field === "id") {
                    event.id = rest;
                } else if (field === "data") {
                    event.data += rest;
                }
            }
            yield { ...event, data: event.data ? JSON.parse(event.data) : null };
        }
    }
}
