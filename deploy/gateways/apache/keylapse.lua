-- The check of one request. Apache calls check() before its handler. It lets the request pass, or answers it: with
-- Keylapse's refusal, or with 503 if there is none.

local socket = require "socket"

-- EDIT: the Keylapse nodes, at best their KEYLAPSE_GATEWAY_PORT. Use addresses, because names are looked up each time.
local NODES = {
    { host = "127.0.0.1", port = 8080 },
    -- { host = "127.0.0.1", port = 8081 },
}

-- EDIT: the routes, the scopes that they demand, separated by spaces ("" demands only a valid key), and whether a CORS
-- preflight, which has no key, passes. The path is decoded, and has no repeated slashes. The first one that matches counts.
local ROUTES = {
    { path = "/write", scopes = "write" },
    { path = "/public-api", scopes = "", preflight = true },
    { path = "/", scopes = "read" },
}

local KEY_PREFIXES = { kl = true }    -- EDIT: KEYLAPSE_KEYS_PREFIX, and the former ones

local CONNECT_SECONDS, READ_SECONDS, ALL_SECONDS = 0.5, 2, 2.5
local MAX_PATH = 1000                 -- a longer path is not sent
local LEFT_OUT_SECONDS = 1            -- after a failure

local IDENTITY = { "X-Consumer-ID", "X-Credential-Identifier", "X-Key-Scopes", "X-Key-Expires-At", "X-Key-Expires-In" }
local REFUSAL = {
    "Cache-Control", "X-Content-Type-Options", "WWW-Authenticate",
    "X-Key-Code", "X-Key-Id", "X-Key-Expired-At", "X-Key-Renew-Url",
}
local PROBLEM = "application/problem+json"
local UNAVAILABLE = '{"type":"urn:keylapse:problem:store-unavailable","title":"Service Unavailable","status":503,'
    .. '"detail":"The API key cannot be checked right now. Try again.","code":"STORE_UNAVAILABLE"}'
local AMBIGUOUS_PATH = '{"type":"about:blank","title":"Bad Request","status":400,'
    .. '"detail":"The path has a dot segment, a backslash, or a segment that begins with a semicolon."}'

local next_node = 0

local function receive(connection, what, deadline)
    local left = deadline - socket.gettime()
    if left <= 0 then return nil end
    connection:settimeout(left, "t")
    return (connection:receive(what))
end

local function read_answer(connection, deadline)
    local line = receive(connection, "*l", deadline)
    local minor, status = (line or ""):match("^HTTP/1%.(%d) (%d%d%d)")
    if not status then return nil end
    local headers = {}
    while true do
        line = receive(connection, "*l", deadline)
        if not line then return nil end
        if line == "" then break end
        local name, value = line:match("^([^:]+):%s*(.-)%s*$")
        if name then headers[name:lower()] = value end
    end
    local length = tonumber(headers["content-length"])
    if not length or length > 65536 then return nil end
    local body = ""
    if length > 0 then
        body = receive(connection, length, deadline)
        if not body then return nil end
    end
    local kept = minor == "1" and (headers["connection"] or ""):lower() ~= "close"
    return { status = tonumber(status), headers = headers, body = body }, kept
end

local function ask_on(connection, request, deadline)
    connection:settimeout(math.max(deadline - socket.gettime(), 0.01), "t")
    if not connection:send(request) then return nil end
    return read_answer(connection, deadline)
end

local function ask_node(node, request, deadline)
    local connection = node.idle
    node.idle = nil
    if connection then
        local answer, kept = ask_on(connection, request, deadline)
        if answer then
            if kept then node.idle = connection else connection:close() end
            return answer
        end
        connection:close()    -- The node may have closed it meanwhile, so try once more on a new one.
        if socket.gettime() > deadline - 0.1 then return nil end
    end
    connection = socket.tcp()
    connection:settimeout(math.min(CONNECT_SECONDS, math.max(deadline - socket.gettime(), 0.01)), "t")
    if not connection:connect(node.host, node.port) then
        connection:close()
        return nil
    end
    connection:setoption("tcp-nodelay", true)
    local answer, kept = ask_on(connection, request, deadline)
    if answer and kept then node.idle = connection else connection:close() end
    return answer
end

-- The answer of a node, or nil. Nodes that have failed come last.
local function ask(request)
    local now = socket.gettime()
    local last = now + ALL_SECONDS
    next_node = next_node % #NODES + 1
    local order = {}
    for step = 0, #NODES - 1 do
        local node = NODES[(next_node + step - 1) % #NODES + 1]
        table.insert(order, (node.failed_at or 0) + LEFT_OUT_SECONDS > now and #order + 1 or 1, node)
    end
    for _, node in ipairs(order) do
        now = socket.gettime()
        if now > last - 0.1 then break end
        local answer = ask_node(node, request, math.min(now + READ_SECONDS, last))
        if answer and (answer.status == 200 or answer.status == 401 or answer.status == 403) then
            node.failed_at = nil
            return answer
        end
        node.failed_at = socket.gettime()
    end
    return nil
end

local function respond(r, status, body, headers)
    r.status = status
    r.content_type = PROBLEM
    for name, value in pairs(headers) do
        r.err_headers_out[name] = value
    end
    r:write(body)
    return apache2.DONE
end

local function sent_path(r)
    return (r.unparsed_uri:gsub("^%a[%w+.-]*://[^/?]*", ""):gsub("%?.*", ""))
end

-- The path as the backend may read it, or nil if that is not certain.
local function decoded_path(raw)
    local path = raw:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
    if path:find("[%z\\]") or raw:find("#", 1, true) then return nil end
    for segment in path:gmatch("[^/]+") do
        if segment:find("^%.%.?$") or segment:find("^%.%.?;") or segment:find("^;") then return nil end
    end
    return (path:gsub("//+", "/"))
end

local function route_of(path)
    for _, route in ipairs(ROUTES) do
        if path:sub(1, #route.path) == route.path then return route end
    end
    return { scopes = "not-configured" }
end

local function has_key(text)
    for prefix, body in text:gmatch("%f[%w_-]([%w_]+)_(%w+)%f[^%w_-]") do
        if KEY_PREFIXES[prefix] and #body == 36 then return true end
    end
    return false
end

-- Removes what the caller may not say. Names with other characters than these would reach some backends as the same
-- headers (X_Consumer_ID), and Apache drops headers that Connection names.
local function clean(r, sent)
    for name in pairs(sent) do
        if name:find("[^%w-]") then r.headers_in[name] = nil end
    end
    for _, name in ipairs(IDENTITY) do
        r.headers_in[name] = nil
    end
    r.headers_in["X-Key-Id"] = nil
    r.headers_in["X-Required-Scopes"] = nil
    local connection = (r.headers_in["Connection"] or ""):lower()
    local websocket = (r.headers_in["Upgrade"] or ""):lower() == "websocket"
    if not websocket then r.headers_in["Upgrade"] = nil end
    r.headers_in["Connection"] = connection:find("close", 1, true) and "close" or websocket and "Upgrade" or nil
end

local function is_preflight(r, route)
    return route.preflight and r.method == "OPTIONS"
        and r.headers_in["Origin"] and r.headers_in["Access-Control-Request-Method"]
end

local function request_text(own, authorization, scopes, path)
    local lines = { "GET /check HTTP/1.1", "Host: keylapse" }
    if own then lines[#lines + 1] = "X-API-Key: " .. own end
    if authorization then lines[#lines + 1] = "Authorization: " .. authorization end
    if scopes ~= "" then lines[#lines + 1] = "X-Required-Scopes: " .. scopes end
    -- For KEYLAPSE_GATEWAY_INSTANCE=forwarded.
    if #path <= MAX_PATH and not path:find("[^!-~]") then lines[#lines + 1] = "X-Original-URI: " .. path end
    return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local function checked(r)
    local sent = sent_path(r)
    local path = decoded_path(sent)
    if not path then return respond(r, 400, AMBIGUOUS_PATH, {}) end
    local route = route_of(path)
    clean(r, r:headers_in_table())
    local own, authorization = r.headers_in["X-API-Key"], r.headers_in["Authorization"]
    r.headers_in["X-API-Key"] = nil
    -- The key was in Authorization if it was not in X-API-Key. Otherwise a token of another application may be there.
    if authorization and (not (own or ""):find("%S") or has_key(authorization)) then
        r.headers_in["Authorization"] = nil
    end
    if is_preflight(r, route) then return apache2.OK end

    local answer = ask(request_text(own, authorization, route.scopes, sent))
    if not answer then error("no node answers") end
    if answer.status ~= 200 then
        local headers = {}
        for _, name in ipairs(REFUSAL) do
            headers[name] = answer.headers[name:lower()]
        end
        return respond(r, answer.status, answer.body, headers)
    end
    if not answer.headers["x-credential-identifier"] then error("a 200 without a key's id is not Keylapse's") end
    for _, name in ipairs(IDENTITY) do
        local value = answer.headers[name:lower()]
        if value and value ~= "" then r.headers_in[name] = value end
    end
    return apache2.OK
end

function check(r)
    local done, result = pcall(checked, r)
    if done then return result end
    r:warn("keylapse: " .. tostring(result))
    return respond(r, 503, UNAVAILABLE, {
        ["Retry-After"] = "1", ["Cache-Control"] = "no-store", ["X-Key-Code"] = "STORE_UNAVAILABLE",
    })
end
