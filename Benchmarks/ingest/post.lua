-- Posts one body after another: BODIES names a file of them, a line "length" before each; TARGET is the path, HEADERS has one
-- header a line. Replies that are no success are counted.
local requests, turn, refused = {}, 0, 0
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init()
    wrk.method = "POST"
    for line in io.lines(os.getenv("HEADERS")) do
        local name, value = line:match("^(.-): (.*)$")
        wrk.headers[name] = value
    end
    local file = assert(io.open(os.getenv("BODIES"), "rb"))
    while true do
        local length = file:read("l")
        if not length then break end
        table.insert(requests, wrk.format(nil, os.getenv("TARGET"), nil, file:read(tonumber(length))))
    end
    file:close()
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("FIGURES %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
