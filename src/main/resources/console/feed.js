// Live endings over server-sent events. `EventSource` is not used, because it cannot send the management key. If the service
// refuses the feed or a proxy does not pass it on, the blacklist is polled instead.

import { get, query, request } from "./api.js";

const PAUSE = 3000;
const POLLED_EVERY = 5000;
const POLLED_AT_ONCE = 100;

/** The service sends data every second. A longer silence means that a proxy buffers the response. */
const MAX_SILENCE = 10_000;
const MIN_FEED = 10_000;
const PAUSE_WHEN_NOT_KEPT = 60_000;

/**
 * Calls `onEvent` with each event, and with the state of the connection: "open"; "polling" and the reason, while the blacklist
 * is polled; "lost" and the reason, while polling fails too. It runs until the signal aborts. The cursor is kept from one
 * connection to the next, so no event is missed between them.
 */
export async function listen(signal, onEvent) {
    const place = { cursor: "" };
    const pause = length => new Promise(resolve => setTimeout(resolve, length));
    let feedFrom = 0;
    let why = "";
    while (!signal.aborted) {
        try {
            if (Date.now() >= feedFrom) {
                const begun = Date.now();
                await follow(place, signal, onEvent);
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
            await poll(place, signal, onEvent);
            onEvent("polling", why);
        } catch (error) {
            if (isOver(error)) {
                return;
            }
            onEvent("lost", error.message);
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

/** Reads the feed until the connection closes. */
async function follow(place, signal, onEvent) {
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
            onEvent("open");
            place.cursor = event.id || place.cursor;
            onEvent(event.name, event.data);
        }
    } finally {
        clearTimeout(timer);
    }
}

/**
 * Fetches the endings recorded since the cursor. Without a cursor it fetches none and only gets a cursor at the present: no
 * ending is as late as the filter demands.
 */
async function poll(place, signal, onEvent) {
    const { items, next } = await get(query("v1/blacklist", place.cursor
        ? { order: "recorded", limit: POLLED_AT_ONCE, cursor: place.cursor }
        : { order: "recorded", limit: 1, from: "9999-12-31T00:00:00Z" }), { signal });
    items.forEach(item => onEvent("ending", item));
    if (items.length === POLLED_AT_ONCE) {
        onEvent("skipped");
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
