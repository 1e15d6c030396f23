// Calls the service for a key holder. The credential is the key itself, or the token of a link from a mail. It is held in memory only,
// so that it is gone when the page is closed or reloaded.

import { fromNow, words } from "./words.js";

/** An error of the API in words, with the names of the invalid fields. */
class Refused extends Error {
    constructor(problem, retryAfter) {
        super(text(problem, retryAfter));
        this.fields = (problem.errors ?? []).map(each => each.field);
    }
}

const TEXTS = {
    KEY_MISSING: words.notOurs,
    KEY_MALFORMED: words.notOurs,
    KEY_UNKNOWN: words.unknown,
    KEY_AMBIGUOUS: words.twoKeys,
    LINK_INVALID: words.linkInvalid,
    LINK_EXPIRED: words.linkExpired,
    SELF_RENEWAL_NOT_ALLOWED: words.mayNotRenew,
    SELF_ROTATION_NOT_ALLOWED: words.mayNotReplace,
    KEY_ENDED: words.ended
};

function text(problem, retryAfter) {
    if (problem.status === 429) {
        return words.tooMany(fromNow(Number(retryAfter) || 60));
    }
    return TEXTS[problem.code] ?? (problem.status === 503 ? words.unavailable : words.failed);
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
        throw new Error(words.unreachable);
    }
    const answer = await response.json().catch(() => ({ status: response.status }));
    if (!response.ok) {
        throw new Refused(answer, response.headers.get("Retry-After"));
    }
    return answer;
}

/** The name of the service and its support contact, if they are known. */
export const service = await call("GET", "my-key/service").catch(() => ({}));

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
