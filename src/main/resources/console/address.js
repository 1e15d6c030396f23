// Where somebody is: a view and what it is asked for, in the part of the address that no server gets to see.

/** `#/blacklist?owner=acme`. */
export function link(view, parameters = {}) {
    const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== undefined && value !== null);
    return `#/${view}${given.length === 0 ? "" : `?${new URLSearchParams(given)}`}`;
}

export function go(view, parameters = {}) {
    const there = link(view, parameters);
    if (location.hash === there) {
        dispatchEvent(new HashChangeEvent("hashchange"));
    } else {
        location.hash = there;
    }
}

export function here() {
    const [view, search] = location.hash.replace(/^#\/?/, "").split("?");
    return { view: view || "overview", parameters: Object.fromEntries(new URLSearchParams(search ?? "")) };
}
