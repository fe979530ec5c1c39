-- Clients for wrk, each a thread with one connection: `wrk -t32 -c32 -s clients.lua URL -- COOKIES [follow]`. COOKIES is a
-- file with a Cookie header's value a line, and each client has the line of its number. With `follow` a client sends the newest
-- cookies that it was given, as a browser does; of several in one response wrk tells the last.

local count = 0

function setup(thread)
  thread:set('number', count)
  count = count + 1
end

local cookies = {}
local ready

local function prepare()
  local all = {}
  for name, value in pairs(cookies) do
    all[#all + 1] = name .. '=' .. value
  end

  ready = wrk.format('GET', nil, { Cookie = table.concat(all, '; ') })
end

local function follow(_, headers)
  local name, value = string.match(headers['Set-Cookie'] or '', '^([^=]+)=([^;]+)')
  if name then
    cookies[name] = value
    prepare()
  end
end

function init(args)
  local line = 0
  for header in io.lines(args[1]) do
    if line == number then
      for name, value in string.gmatch(header, '([^=; ]+)=([^;]+)') do
        cookies[name] = value
      end
    end

    line = line + 1
  end

  prepare()

  if args[2] == 'follow' then
    response = follow
  end
end

function request()
  return ready
end
