-- A Redis client that only knows GET, on a pooled connection.
local tcp = ngx.socket.tcp

local M = {}

-- Returns the value, or nil if there is none; nil and an error if Redis does not respond.
function M.get(name)
    local connection = tcp()
    connection:settimeouts(250, 250, 250)
    local ok, err = connection:connect("127.0.0.1", redis_port, { pool_size = 128 })
    if not ok then
        return nil, err
    end
    ok, err = connection:send("*2\r\n$3\r\nGET\r\n$" .. #name .. "\r\n" .. name .. "\r\n")
    if not ok then
        return nil, err
    end
    local line
    line, err = connection:receive()
    if not line then
        return nil, err
    end
    local length = tonumber(line:sub(2))
    if line:byte() ~= 36 or not length then
        connection:close()
        return nil, line
    end
    local value
    if length >= 0 then
        value, err = connection:receive(length + 2)
        if not value then
            return nil, err
        end
        value = value:sub(1, length)
    end
    connection:setkeepalive(60000, 128)
    return value
end

return M
