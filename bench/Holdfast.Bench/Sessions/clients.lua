-- Clients for wrk, each a thread with one connection: `wrk -t32 -c32 -s clients.lua URL -- COOKIES [follow]`. COOKIES is a
-- file with a Cookie header's value a line, and each client has the line of its number. With `follow` a client sends the newest
-- cookie that it was given, as a browser does.

local count = 0

function setup(thread)
  thread:set('number', count)
  count = count + 1
end

local ready

local function prepare(cookie)
  ready = wrk.format('GET', nil, { Cookie = cookie })
end

local function follow(_, headers)
  local given = headers['Set-Cookie']
  if given then
    prepare(string.match(given, '^[^;]+'))
  end
end

function init(args)
  local line = 0
  for cookie in io.lines(args[1]) do
    if line == number then
      prepare(cookie)
    end

    line = line + 1
  end

  if args[2] == 'follow' then
    response = follow
  end
end

function request()
  return ready
end
