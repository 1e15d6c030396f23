// Endings as they are recorded, over server-sent events. Not by EventSource, which cannot send the management key.

import { query, request } from "./api.js";

const PAUSE = 3000;

/**
 * Calls back with each event, and with "open" and "lost" as the connection comes and goes, until the signal says that it is
 * over. What happens between two connections is not missed.
 */
export async function listen(signal, heard) {
    let cursor = "";
    while (!signal.aborted) {
        try {
            const response = await request("GET", query("v1/blacklist/feed", { cursor }), { accept: "text/event-stream", signal });
            heard("open");
            for await (const event of events(response.body)) {
                cursor = event.id || cursor;
                heard(event.name, event.data);
            }
        } catch (error) {
            if (signal.aborted || error.status === 401) {
                return;
            }
            heard("lost", error.message);
        }
        await new Promise(resolve => setTimeout(resolve, PAUSE));
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
