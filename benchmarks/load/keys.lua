-- For wrk: sends the keys of a file in turn. Argument: the file, with one key per line.
local requests, count, at = {}, 0, 0

function init(arguments)
    for key in io.lines(arguments[1]) do
        count = count + 1
        requests[count] = "GET /check HTTP/1.1\r\nHost: gateway\r\nX-API-Key: " .. key .. "\r\n\r\n"
    end
end

function request()
    at = at % count + 1
    return requests[at]
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '{"requests": %d, "seconds": %.6f, "refused": %d, "failed": %d, "p50_us": %d, "p99_us": %d}\n',
        summary.requests, summary.duration / 1e6, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99)))
end
