// Calls the service for a key holder. The credential is the key itself, or the token of a link from a mail. It is held in memory only,
// so that it is gone when the page is closed or reloaded.

/** An error of the API in words, with its code and the invalid fields. */
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
    KEY_UNKNOWN: "This key was not issued here. Check that it belongs to this service.",
    LINK_INVALID: "This link is not complete. Open the link in the mail again, or enter the key itself.",
    LINK_EXPIRED: "This link has been used or has expired. Open the newest mail about this key, or enter the key itself.",
    SELF_RENEWAL_NOT_ALLOWED: "You cannot renew this key yourself at the moment. Ask its issuer.",
    SELF_ROTATION_NOT_ALLOWED: "You cannot replace this key yourself. Ask its issuer.",
    KEY_ENDED: "This key can no longer be replaced. Use the newer key.",
    STORE_UNAVAILABLE: "The service cannot answer right now. Try again in a moment."
};

function words(problem, retryAfter) {
    if (problem.status === 429) {
        return `Too many attempts. Try again ${waiting(Number(retryAfter) || 60)}.`;
    }
    return WORDS[problem.code] ?? problem.detail ?? "Something went wrong. Try again in a moment.";
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
        throw new Error("The service cannot be reached. Check your connection and try again.");
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
