-- Sends prepared requests, each under a key of its own, and counts what was not answered as it
-- should be. Arguments: the file of prepared requests, the name of this run, the statuses that
-- count as an answer (201,200), and how many requests a second to send (0: as fast as answered).

local ffi = require("ffi")
ffi.cdef([[
typedef struct { long seconds; long nanoseconds; } instant;
int clock_gettime(int clock, instant *at);
]])
local MONOTONIC = 1
local at = ffi.new("instant")

local function milliseconds()
  ffi.C.clock_gettime(MONOTONIC, at)
  return tonumber(at.seconds) * 1000 + tonumber(at.nanoseconds) / 1e6
end

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

local heads, tails, count, run, expected, apart, due
local sent = 0
bad = 0
first_bad = 0

function init(arguments)
  local prepared = dofile(arguments[1])
  heads, tails, count = prepared.heads, prepared.tails, #prepared.heads
  run = arguments[2] .. "-" .. number .. "-"
  expected = {}
  for status in arguments[3]:gmatch("%d+") do
    expected[tonumber(status)] = true
  end
  local rate = tonumber(arguments[4])
  if rate > 0 then
    apart = 1000 / rate
    -- The start is spread: each request has its own instant, whatever the answers take.
    function delay()
      local now = milliseconds()
      due = math.max((due or now) + apart, now - 1000)
      return math.max(0, math.floor(due - now + 0.5))
    end
  end
end

function request()
  sent = sent + 1
  local which = sent % count + 1
  return heads[which] .. run .. sent .. tails[which]
end

function response(status)
  if not expected[status] then
    bad = bad + 1
    first_bad = status
  end
end

function done(summary, latency)
  local refused, example = 0, 0
  for _, thread in ipairs(threads) do
    refused = refused + thread:get("bad")
    example = math.max(example, thread:get("first_bad"))
  end
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "microseconds": %d, "p50": %f, "p99": %f, "refused": %d, '
      .. '"refused_with": %d, "broken": %d, "timed_out": %d}',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), refused,
    example, errors.connect + errors.read + errors.write, errors.timeout
  ))
end
