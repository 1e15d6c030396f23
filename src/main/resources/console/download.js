// Downloads a list as CSV with `fetch`, because a link cannot send the management key.

import { query, request } from "./api.js";
import { h, tell } from "./dom.js";

/** A button that downloads the list at this path of the API, with these filters, into a file of this name. */
export function downloadButton(path, parameters, file) {
    return h("button", { type: "button", onclick: event => download(event.target, path, parameters, file) }, "Download CSV");
}

async function download(button, path, parameters, file) {
    const words = button.textContent;
    button.disabled = true;
    try {
        const response = await request("GET", query(path, parameters), { accept: "text/csv" });
        const pieces = [];
        let size = 0;
        for await (const piece of chunks(response.body)) {
            pieces.push(piece);
            size += piece.length;
            button.textContent = `Downloading, ${(size / 1e6).toFixed(1)} MB …`;
        }
        const url = URL.createObjectURL(new Blob(pieces, { type: "text/csv" }));
        h("a", { href: url, download: file }).click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
        tell(`${file} downloaded.`);
    } catch (error) {
        tell(`Download failed: ${error.message}`);
    } finally {
        button.textContent = words;
        button.disabled = false;
    }
}

async function* chunks(body) {
    const reader = body.getReader();
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
        yield value;
    }
}
