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

-- With `shared`, Redis's reply is cached in shared memory for two seconds, under the text of the key.
function M.answer(shared)
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
    local header = ngx.header
    header["Cache-Control"] = "no-store"
    header["X-Consumer-ID"] = entry:sub(a + 1, b - 1)
    header["X-Credential-Identifier"] = entry:sub(b + 1, c - 1)
    header["X-Key-Scopes"] = entry:sub(c + 1, d - 1)
    header["X-Key-Expires-At"] = entry:sub(d + 1)
    header["Content-Length"] = 0
    return ngx.exit(200)
end

return M
