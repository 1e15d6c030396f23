// Routing: the view and its parameters are in the URL's fragment, which browsers do not send to servers.

/** The link to a view, such as `#/blacklist?owner=acme`. */
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
