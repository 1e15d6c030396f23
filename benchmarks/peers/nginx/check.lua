-- A typical gateway plug-in: hash the key, look it up, compare the deadline, and pass the identity to the upstream.
local ffi = require "ffi"
local redis = require "redis"

ffi.cdef [[unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);]]
local crypto = ffi.load("crypto.so.3")
local digest = ffi.new("unsigned char[32]")

local M = {}

local function sha256(text)
    crypto.SHA256(text, #text, digest)
    return ffi.string(digest, 32)
end

local function refuse(code)
    ngx.status = 401
    ngx.header["X-Key-Code"] = code
    ngx.header["WWW-Authenticate"] = 'Bearer realm="peer"'
    ngx.header["Content-Length"] = 0
    return ngx.exit(401)
end

-- The consumer, id, scopes and deadline of a valid key. Any other request ends here with a refusal. With `shared`, Redis's reply is
-- cached in shared memory for two seconds, under the text of the key.
local function decide(shared)
    local key = ngx.var.http_x_api_key
    if not key then
        return refuse("KEY_MISSING")
    end
    if #key ~= 39 then
        return refuse("KEY_MALFORMED")
    end
    local entry = shared and ngx.shared.keys:get(key)
    if not entry then
        local name, err = sha256(key)
        entry, err = redis.get(name)
        if err then
            return ngx.exit(503)
        end
        if not entry then
            return refuse("KEY_UNKNOWN")
        end
        if shared then
            ngx.shared.keys:set(key, entry, 2)
        end
    end
    local a = entry:find("|", 1, true)
    local b = entry:find("|", a + 1, true)
    local c = entry:find("|", b + 1, true)
    local d = entry:find("|", c + 1, true)
    if tonumber(entry:sub(1, a - 1)) <= ngx.now() * 1000 then
        return refuse("KEY_EXPIRED")
    end
    return entry:sub(a + 1, b - 1), entry:sub(b + 1, c - 1), entry:sub(c + 1, d - 1), entry:sub(d + 1)
end

-- Answers a check.
function M.answer(shared)
    local header = ngx.header
    local consumer, credential, scopes, expires_at = decide(shared)
    header["Cache-Control"] = "no-store"
    header["X-Consumer-ID"] = consumer
    header["X-Credential-Identifier"] = credential
    header["X-Key-Scopes"] = scopes
    header["X-Key-Expires-At"] = expires_at
    header["Content-Length"] = 0
    return ngx.exit(200)
end

-- Lets a request with a valid key pass to the backend, with the identity in place of the key.
function M.guard()
    local consumer, credential, scopes, expires_at = decide(false)
    local set = ngx.req.set_header
    set("X-Consumer-ID", consumer)
    set("X-Credential-Identifier", credential)
    set("X-Key-Scopes", scopes)
    set("X-Key-Expires-At", expires_at)
    set("X-API-Key", nil)
end

return M
