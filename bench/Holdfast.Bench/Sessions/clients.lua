-- Clients for wrk, each a thread with one connection: `wrk -t32 -c32 -s clients.lua URL -- COOKIES`. COOKIES is a
-- file with a Cookie header's value a line, and each client has the line of its number. A client sends the newest cookies that
-- it was given, as a browser does; of several in one response wrk tells the last.

-- What a client spends counts against the application that it measures, so a request is joined from parts that are ready.

local count = 0

function setup(thread)
  thread:set('number', count)
  count = count + 1
end

local find, sub = string.find, string.sub
local cookies = {}
local place = {}
local head, tail, ready

-- The request as wrk would send it, cut where its Cookie header's value goes.
local function cut()
  local whole = wrk.format('GET', nil, { Cookie = '@' })
  local at = find(whole, '@', 1, true)
  head, tail = sub(whole, 1, at - 1), sub(whole, at + 1)
end

local function keep(pair)
  local name = sub(pair, 1, find(pair, '=', 1, true) - 1)
  place[name] = place[name] or #cookies + 1
  cookies[place[name]] = pair
end

local function prepare()
  ready = head .. table.concat(cookies, '; ') .. tail
end

function response(_, headers)
  local set = headers['Set-Cookie']
  if set then
    keep(sub(set, 1, (find(set, ';', 1, true) or #set + 1) - 1))
    prepare()
  end
end

function init(args)
  local line = 0
  for header in io.lines(args[1]) do
    if line == number then
      for pair in string.gmatch(header, '[^; ]+') do
        keep(pair)
      end
    end

    line = line + 1
  end

  cut()
  prepare()
end

function request()
  return ready
end
