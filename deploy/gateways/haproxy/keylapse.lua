-- The check of one request. haproxy.cfg calls it as "http-request lua.keylapse-check", with the required scopes in
-- txn.scopes. It lets the request pass, or answers it: with Keylapse's refusal, or with 503 if there is none.

local KEY_PREFIXES = { kl = true }    -- EDIT: KEYLAPSE_KEYS_PREFIX, and the former ones
local LISTENER = "abns@keylapse"      -- as in haproxy.cfg
local READ_MILLIS = 2000              -- for the answer of a node
local AGAIN_MILLIS = 400              -- for the answer of another node, if the first has not answered in time
local MAX_PATH = 1000                 -- a longer path is not sent
local GATEWAY_TIMEOUT = 504           -- haproxy.cfg says this if a node has not answered in time

local IDENTITY = { "x-consumer-id", "x-credential-identifier", "x-key-scopes", "x-key-expires-at", "x-key-expires-in" }
local REFUSAL = {
    "content-type", "cache-control", "x-content-type-options", "www-authenticate",
    "x-key-code", "x-key-id", "x-key-expired-at", "x-key-renew-url",
}
local UNAVAILABLE = '{"type":"urn:keylapse:problem:store-unavailable","title":"Service Unavailable","status":503,'
    .. '"detail":"The API key cannot be checked right now. Try again.","code":"STORE_UNAVAILABLE"}'

local function values(headers, name)
    local list = {}
    for i = 0, 99 do
        local value = headers[name] and headers[name][i]
        if value == nil then break end
        list[#list + 1] = value
    end
    return list
end

local function millis_since(begun)
    local now = core.now()
    return (now.sec - begun.sec) * 1000 + (now.usec - begun.usec) / 1000
end

local function ask(headers, millis)
    headers["x-timeout"] = { tostring(millis) }
    local done, answer = pcall(function()
        -- The client's own time-out is longer, because it sends a request again after that.
        return core.httpclient():get({ url = "http://127.0.0.1/check", dst = LISTENER, headers = headers, timeout = 10000 })
    end)
    return done and answer or {}
end

local function unavailable(txn)
    txn:done({
        status = 503,
        headers = {
            ["content-type"] = { "application/problem+json" },
            ["cache-control"] = { "no-store" },
            ["retry-after"] = { "1" },
            ["x-key-code"] = { "STORE_UNAVAILABLE" },
        },
        body = UNAVAILABLE,
    })
end

local function refuse(txn, answer)
    local headers = {}
    for _, name in ipairs(REFUSAL) do
        local list = values(answer.headers, name)
        if #list > 0 then headers[name] = list end
    end
    txn:done({ status = answer.status, headers = headers, body = answer.body or "" })
end

local function has_key(text)
    for prefix, body in text:gmatch("%f[%w_-]([%w_]+)_(%w+)%f[^%w_-]") do
        if KEY_PREFIXES[prefix] and #body == 36 then return true end
    end
    return false
end

-- Removes the key. A token of another application stays, which can only be if the key was in X-API-Key.
local function remove_key(txn, own, authorization)
    local keep = {}
    if table.concat(own):find("%S") then
        for _, value in ipairs(authorization) do
            if not has_key(value) then keep[#keep + 1] = value end
        end
    end
    txn.http:req_del_header("x-api-key")
    txn.http:req_del_header("authorization")
    for _, value in ipairs(keep) do
        txn.http:req_add_header("authorization", value)
    end
end

core.register_action("keylapse-check", { "http-req" }, function(txn)
    local sent = txn.http:req_get_headers()
    local own, authorization = values(sent, "x-api-key"), values(sent, "authorization")
    local scopes = txn:get_var("txn.scopes") or "not-configured"
    local headers = { ["host"] = { "keylapse" } }
    if #own > 0 then headers["x-api-key"] = own end
    if #authorization > 0 then headers["authorization"] = authorization end
    if scopes ~= "any" then headers["x-required-scopes"] = { scopes } end
    local path = txn.f:path() or ""
    if #path <= MAX_PATH then headers["x-original-uri"] = { path } end    -- for KEYLAPSE_GATEWAY_INSTANCE=forwarded

    local begun = core.now()
    local answer = ask(headers, READ_MILLIS)
    if answer.status == GATEWAY_TIMEOUT and millis_since(begun) < READ_MILLIS + 100 then
        answer = ask(headers, AGAIN_MILLIS)
    end
    local status = answer.status
    if status == 401 or status == 403 then
        refuse(txn, answer)
    elseif status ~= 200 or #values(answer.headers, "x-credential-identifier") == 0 then
        unavailable(txn)    -- whatever answers 200 without a key's id is not Keylapse
    else
        for _, name in ipairs(IDENTITY) do
            local value = values(answer.headers, name)[1]
            if value and value ~= "" then
                txn.http:req_set_header(name, value)
            end
        end
        remove_key(txn, own, authorization)
        txn:set_var("txn.keylapse_passed", "yes")    -- haproxy.cfg refuses requests without it
    end
end)
