// Calls the management API with the management key of the signed-in user. The key is kept in this tab's session storage until
// sign-out; app.js signs out an idle tab.

const PLACE = "keylapse-management-key";
const USED = "keylapse-last-used";

/** An error response of the API, with its message. `errors` names the invalid fields. */
export class ApiError extends Error {
    constructor(status, problem, retryAfter) {
        super([problem.detail ?? problem.title ?? `The service responded with HTTP ${status}.`,
            ...(problem.errors?.length > 1 ? problem.errors : []).map(({ field, message }) => `${field} ${message}.`)].join(" "));
        this.status = status;
        this.code = problem.code;
        this.errors = problem.errors ?? [];
        /** Seconds to wait before the next attempt; 0 without a Retry-After header. */
        this.retryAfter = Number(retryAfter) || 0;
    }
}

export function isSignedIn() {
    return sessionStorage.getItem(PLACE) !== null;
}

/** Records that the user is active. Kept in session storage, so that reloading the page does not reset the idle time. */
export function recordActivity() {
    sessionStorage.setItem(USED, Date.now());
}

export function lastUsed() {
    return Number(sessionStorage.getItem(USED));
}

/** Stores a management key if the service accepts it, and returns its role and permissions. */
export async function signIn(key) {
    const me = await (await request("GET", "v1/me", { key })).json();
    sessionStorage.setItem(PLACE, key);
    return me;
}

export function whoAmI() {
    return get("v1/me");
}

/** Deletes the stored key and dispatches `signed-out` with the reason. */
export function signOut(why = "") {
    sessionStorage.removeItem(PLACE);
    sessionStorage.removeItem(USED);
    dispatchEvent(new CustomEvent("signed-out", { detail: why }));
}

/** A path with query parameters; empty ones are omitted. */
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

/** Sends a request and returns the `Response`, for bodies that are not JSON. */
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
    const error = new ApiError(response.status, await response.json().catch(() => ({})), response.headers.get("Retry-After"));
    if (error.status === 401 && key === sessionStorage.getItem(PLACE)) {
        signOut("Your management key is no longer accepted: it has expired or was deleted. Sign in with another.");
    }
    throw error;
}
