// The management API, asked with the key of whoever signed in. The key is kept for this tab alone, and no longer than it is
// used: see app.js.

const PLACE = "keylapse-management-key";
const USED = "keylapse-last-used";

/** What the service said no to, in its own words; `errors` name the fields that it did not like. */
export class Refused extends Error {
    constructor(status, problem, retryAfter) {
        super([problem.detail ?? problem.title ?? `The service responded with HTTP ${status}.`,
            ...(problem.errors ?? []).map(({ field, message }) => `${field} ${message}.`)].join(" "));
        this.status = status;
        this.code = problem.code;
        this.errors = problem.errors ?? [];
        /** Seconds to wait before asking again; 0 when the service did not say. */
        this.retryAfter = Number(retryAfter) || 0;
    }
}

export function isSignedIn() {
    return sessionStorage.getItem(PLACE) !== null;
}

/** Notes that somebody is here; kept with the key, so that a tab that is loaded anew does not start afresh. */
export function use() {
    sessionStorage.setItem(USED, Date.now());
}

export function lastUsed() {
    return Number(sessionStorage.getItem(USED));
}

/** Takes on a key if the service knows it, and says what it may. */
export async function signIn(key) {
    const me = await (await request("GET", "v1/me", { key })).json();
    sessionStorage.setItem(PLACE, key);
    return me;
}

export function whoAmI() {
    return get("v1/me");
}

/** Forgets the key, and everybody who asks anything from now on is told why. */
export function signOut(why = "") {
    sessionStorage.removeItem(PLACE);
    sessionStorage.removeItem(USED);
    dispatchEvent(new CustomEvent("signed-out", { detail: why }));
}

/** A list's address with what it is asked for; what is empty is left out. */
export function query(path, parameters) {
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
    return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

export async function get(path, options) {
    return (await request("GET", path, options)).json();
}

export async function send(method, path, body) {
    const response = await request(method, path, { body: body ?? {} });
    return response.status === 204 ? null : response.json();
}

/** The answer itself, for what is no JSON. */
export async function request(method, path, { key = sessionStorage.getItem(PLACE), body, accept = "application/json", signal, lastEventId } = {}) {
    if (!key) {
        throw new Error("You are signed out.");
    }
    const headers = { Authorization: `Bearer ${key}`, Accept: accept };
    if (body !== undefined) {
        headers["Content-Type"] = "application/json";
    }
    if (lastEventId) {
        headers["Last-Event-ID"] = lastEventId;
    }
    let response;
    try {
        response = await fetch(path, {
            method, headers, signal, cache: "no-store", credentials: "omit",
            body: body === undefined ? undefined : JSON.stringify(body)
        });
    } catch (error) {
        if (signal?.aborted) {
            throw error;
        }
        throw new Error("The service cannot be reached. It or your connection may be down.");
    }
    if (response.ok) {
        return response;
    }
    const refused = new Refused(response.status, await response.json().catch(() => ({})), response.headers.get("Retry-After"));
    if (refused.status === 401 && key === sessionStorage.getItem(PLACE)) {
        signOut("Your management key is no longer accepted: it has expired or was deleted. Sign in with another.");
    }
    throw refused;
}
