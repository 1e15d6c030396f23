// Calls the service for a key holder. The credential is the key itself, or the token of a link from a mail. It is held in memory only,
// so that it is gone when the page is closed or reloaded.

/** A refusal in words, with its code and the fields that it is about. */
export class Refused extends Error {
    constructor(problem, retryAfter) {
        super(words(problem, retryAfter));
        this.code = problem.code;
        this.errors = problem.errors ?? [];
    }
}

const WORDS = {
    KEY_MISSING: "This is not one of our keys. Check that you pasted all of it.",
    KEY_MALFORMED: "This is not one of our keys. Check that you pasted all of it.",
    KEY_UNKNOWN: "We do not know this key. Check that it belongs to this service.",
    LINK_INVALID: "This link is not complete. Open it from the mail again, or enter the key itself.",
    LINK_EXPIRED: "This link has been used or has expired. Open the newest mail about this key, or enter the key itself.",
    SELF_RENEWAL_NOT_ALLOWED: "You cannot renew this key yourself now. Ask whoever issued it.",
    SELF_ROTATION_NOT_ALLOWED: "You cannot replace this key yourself. Ask whoever issued it.",
    KEY_ENDED: "This key cannot be replaced any more. Use the newer key.",
    STORE_UNAVAILABLE: "The service cannot answer right now. Try again in a moment."
};

function words(problem, retryAfter) {
    if (problem.status === 429) {
        return `That was too often. Try again ${waiting(Number(retryAfter) || 60)}.`;
    }
    return WORDS[problem.code] ?? problem.detail ?? "The service did not answer as expected. Try again in a moment.";
}

function waiting(seconds) {
    return seconds < 90 ? "in a minute" : seconds < 5400 ? `in ${Math.round(seconds / 60)} minutes` : `in ${Math.round(seconds / 3600)} hours`;
}

async function call(method, path, body, headers = {}) {
    let response;
    try {
        response = await fetch(path, {
            method, cache: "no-store", credentials: "omit",
            headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
            body: body ? JSON.stringify(body) : undefined
        });
    } catch {
        throw new Error("The service cannot be reached. It or your connection may be down.");
    }
    const answer = await response.json().catch(() => ({ status: response.status }));
    if (!response.ok) {
        throw new Refused(answer, response.headers.get("Retry-After"));
    }
    return answer;
}

/** Access with the key: everything that its holder may do. */
export function withKey(key) {
    if (!/^[!-~]+$/.test(key)) {
        throw new Refused({ code: "KEY_MALFORMED" });
    }
    const headers = { Authorization: `Bearer ${key}` };
    return {
        isLink: false,
        show: () => call("GET", "v1/self", undefined, headers),
        renew: wanted => call("POST", "v1/self/renew", wanted, headers),
        rotate: wanted => call("POST", "v1/self/rotate", wanted, headers),
        revoke: wanted => call("POST", "v1/self/revoke", wanted, headers)
    };
}

/** Access with the token of a link: it shows the key, and renews it once. */
export function withLink(token) {
    return {
        isLink: true,
        show: () => call("POST", "v1/self/link", { token }),
        renew: wanted => call("POST", "v1/self/link/renew", { token, ...wanted })
    };
}
