-- Posts one body after another from a folder: BODIES names it, COUNT says how many, HEADERS has one header a line.
local requests, turn = {}, 0

function init()
    wrk.method = "POST"
    for line in io.lines(os.getenv("HEADERS")) do
        local name, value = line:match("^(.-): (.*)$")
        wrk.headers[name] = value
    end
    for number = 1, tonumber(os.getenv("COUNT")) do
        local file = assert(io.open(os.getenv("BODIES") .. "/" .. number, "rb"))
        requests[number] = wrk.format(nil, "/v1/chat/completions", nil, file:read("a"))
        file:close()
    end
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("FIGURES %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
