#!lua name=holdfast1

-- Holdfast's Functions, version 1, for Redis 7 and Valkey. docs/wire.md is their contract: keys, arguments, answers.
--
-- A Function that fails keeps what it wrote before, so each one parses, checks and computes everything first, and
-- writes last. Errors are raised with fail() in that first part only.

local MAX_SAFE = 9007199254740991 -- 2^53 - 1
local MAX_FIELD_NAME_BYTES = 256
local MAX_FIELDS = 4096
local MAX_RECORD_BYTES = 1048576
local MAX_RECORDS = 64
local MAX_COMMIT_BYTES = 4194304
local MAX_EVENTS = 64
local MAX_EVENT_BYTES = 262144
local MAX_FINGERPRINT_BYTES = 255
local MAX_WINDOW = 86400000 -- 24 h
local MAX_TIME_TO_LIVE = 315619200000 -- 3653 days
local MAX_TERMS = 64

local JOURNAL_MAX_EVENTS = 65536
local JOURNAL_MAX_BYTES = 67108864
local JOURNAL_MAX_AGE = 604800000 -- 7 days

-- A commit appends at most 64 events, so trimming twice as many always catches up, and bounds what one commit costs.
local TRIM_MOST = 128
local TRIM_STEP = 16

-- 100 of the largest events: a page of that many never ends early.
local PAGE_BYTES = 26214400
local PAGE_STEP = 16

local RING = 64
local RING_TIME = 600000 -- 10 min

-- Lua's unpack takes at most about 8,000 values.
local CALL_MOST = 4000

-- begin() sets these for the call that runs; what is Redis's own can't be had while a library is loaded. Arguments are read in their order, and
-- `bytes` counts names and values towards the commit's limit.
local args, at, bytes
local call, find, match, format

local function fail(code, message)
  error({ err = code .. ' ' .. message })
end

local function text_of(number)
  return format('%.0f', number)
end

-- Decimal, as every number on the wire and every counter is: no plus, no leading zeros, within ±(2^53 - 1).
local function parse_integer(text)
  if #text == 1 then
    return tonumber(text)
  elseif #text > 17 or not find(text, '^%-?[1-9]%d*$') then
    return nil
  end

  local number = tonumber(text)
  return number >= -MAX_SAFE and number <= MAX_SAFE and number or nil
end

local function now()
  local time = call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- For lists that hold nothing: most do, and a table for each would be garbage.
local NOTHING = {}

-- The names of the ring's places.
local SLOTS = {}
for i = 0, RING - 1 do
  SLOTS[i] = i .. ''
end

local function begin(given)
  args, at, bytes = given, 0, 0
  if not call then
    call, find, match, format = redis.call, string.find, string.match, string.format
  end
end

local function read_text()
  at = at + 1
  return args[at] or fail('HFARG', 'there are too few arguments')
end

local function read_content()
  local text = read_text()
  bytes = bytes + #text
  return text
end

local function fail_number(text, least, most)
  fail('HFARG', 'argument ' .. at .. " is '" .. string.sub(text, 1, 32) .. "', not a number from "
    .. text_of(least) .. ' to ' .. text_of(most))
end

local function read_integer(least, most)
  local text = read_text()
  local number = parse_integer(text)
  if not number or number < least or number > most then
    fail_number(text, least, most)
  end

  return number
end

local function read_field()
  local name = read_content()
  if #name > MAX_FIELD_NAME_BYTES then
    fail('HFLIMIT', 'a field name has at most ' .. MAX_FIELD_NAME_BYTES .. ' bytes, not ' .. #name)
  elseif #name == 0 or string.byte(name) == 64 then
    fail('HFARG', "a field name is not empty and does not begin with '@'")
  end

  return name
end

local function finish_reading()
  if at ~= #args then
    fail('HFARG', 'there are too many arguments')
  end
end

-- Three places for each condition: its kind, and what that takes. The fields that it asks for get a place in `places`.
local function parse_conditions(places)
  local count = read_integer(0, MAX_SAFE)
  if count == 0 then
    return NOTHING
  end

  local list = { false, false, false }
  for i = 1, count * 3, 3 do
    local kind = read_text()
    list[i], list[i + 1], list[i + 2] = kind, false, false
    if kind == 'B' or kind == 'R' then
      list[i + 1] = read_integer(0, MAX_SAFE)
    elseif kind == 'F' or kind == 'N' then
      local field = read_field()
      places[field] = 0
      list[i + 1] = field
      list[i + 2] = kind == 'F' and read_content()
    elseif kind ~= 'A' and kind ~= 'E' then
      fail('HFARG', "there is no condition '" .. string.sub(kind, 1, 32) .. "'")
    end
  end

  return list
end

-- Three places for each operation: its kind, the field, and the value or number.
local function parse_operations(places)
  local count = read_integer(0, MAX_SAFE)
  if count == 0 then
    return NOTHING
  end

  local list = { false, false, false }
  for i = 1, count * 3, 3 do
    local kind, field = read_text(), read_field()
    places[field] = 0
    list[i], list[i + 1], list[i + 2] = kind, field, false
    if kind == 'S' then
      list[i + 2] = read_content()
    elseif kind == 'A' or kind == 'M' then
      list[i + 2] = read_integer(-MAX_SAFE, MAX_SAFE)
    elseif kind ~= 'R' then
      fail('HFARG', "there is no operation '" .. string.sub(kind, 1, 32) .. "'")
    end
  end

  return list
end

local function parse_expiry()
  local text = read_text()
  if text == '=' or text == '-' then
    return text
  end

  local time = parse_integer(text)
  if not time or time < 1 or time > MAX_TIME_TO_LIVE then
    fail('HFARG', 'an expiry is =, - or 1 to ' .. text_of(MAX_TIME_TO_LIVE) .. ' ms')
  end

  return text
end

-- `places` tells where the value of each field that the change is about stands in its record: 0 for one that is absent.
local function parse_change(key)
  local kind = read_text()
  if kind ~= 'U' and kind ~= 'D' and kind ~= 'K' then
    fail('HFARG', "there is no change '" .. string.sub(kind, 1, 32) .. "'")
  end

  local places = {}
  local conditions = parse_conditions(places)
  local change = {
    key = key,
    kind = kind,
    conditions = conditions,
    needs_fields = kind == 'U' or next(places) ~= nil,
    expiry = parse_expiry(),
    operations = parse_operations(places),
    places = places,
  }

  if kind ~= 'U' and change.operations ~= NOTHING then
    fail('HFARG', 'only an update has operations')
  end

  return change
end

local function parse_event()
  local event = { type = read_content(), payload = read_content() }
  event.bytes = #event.type + #event.payload
  if event.bytes > MAX_EVENT_BYTES then
    fail('HFLIMIT', 'an event has at most ' .. MAX_EVENT_BYTES .. ' bytes, not ' .. event.bytes)
  end

  return event
end

local function limited_count(most, what)
  local count = read_integer(0, MAX_SAFE)
  if count > most then
    fail('HFLIMIT', 'a commit has at most ' .. most .. ' ' .. what .. ', not ' .. text_of(count))
  end

  return count
end

local function parse_commit(keys)
  local commit = { keys = keys, changes = {}, events = NOTHING, run = read_text() }
  local durability = read_text()
  if durability ~= 'm' and durability ~= 'w' and durability ~= 's' then
    fail('HFARG', 'the durability is m, w or s')
  end

  commit.sequence = read_integer(0, MAX_SAFE)
  commit.fingerprint = read_text()
  commit.window = read_integer(0, MAX_WINDOW)
  local before_records = 3
  if commit.fingerprint ~= '' then
    commit.request_key = keys[4]
    before_records = 4
    if #commit.fingerprint > MAX_FINGERPRINT_BYTES or commit.window < 1 then
      fail('HFARG', 'a fingerprint has at most 255 bytes, and a request id a window of at least 1 ms')
    end
  end

  local records = limited_count(MAX_RECORDS, 'records')
  if #keys ~= before_records + records then
    fail('HFARG', 'there are ' .. #keys .. ' keys, not ' .. before_records + records)
  end

  for i = 1, records do
    commit.changes[i] = parse_change(keys[before_records + i])
  end

  local events = limited_count(MAX_EVENTS, 'events')
  if events > 0 then
    commit.events = {}
    for i = 1, events do
      commit.events[i] = parse_event()
    end
  end

  finish_reading()
  if bytes > MAX_COMMIT_BYTES then
    fail('HFLIMIT', 'a commit has at most ' .. MAX_COMMIT_BYTES .. ' bytes, not ' .. bytes)
  end

  return commit
end

-- The last term stands in the last 33 bytes of the terms.
local function load_head(key)
  local values = call('HMGET', key, 'rev', 'run', 'terms')
  local terms = values[3] or ''
  local term = match(terms, '(%d+):%d+$', -34) or '0'
  return {
    key = key,
    revision = tonumber(values[1] or '0'),
    run = values[2] or '',
    terms = terms,
    term = tonumber(term),
    term_text = term,
  }
end

-- Forgets the oldest terms, so that the last 64 remain.
local function last_terms(terms)
  local _, commas = string.gsub(terms, ',', '')
  for _ = 1, commas + 1 - MAX_TERMS do
    terms = string.sub(terms, find(terms, ',', 1, true) + 1)
  end

  return terms
end

-- Opens a term if another process of the server served the partition last. Only computes: save_head writes. The run id
-- is checked here, where it matters and is rare: a client that passed a wrong one would open term after term.
local function ensure_term(head, run)
  if head.run == run then
    return
  end

  if run ~= match(call('INFO', 'server'), 'run_id:(%x+)') then
    fail('HFARG', "the run id is not the server's")
  end

  head.run = run
  head.term = math.max(now(), head.term + 1)
  head.term_text = text_of(head.term)
  local opened = head.term_text .. ':' .. text_of(head.revision)
  head.terms = last_terms(head.terms == '' and opened or head.terms .. ',' .. opened)
  head.is_opened = true
end

local function save_head(head)
  if head.is_opened then
    call('HSET', head.key, 'rev', text_of(head.revision), 'run', head.run, 'terms', head.terms)
  else
    call('HSET', head.key, 'rev', text_of(head.revision))
  end
end

-- The record, or nil when it is absent: `flat` holds the names and values of its fields, `size` of them, and `places` learns where in it
-- the values stand that somebody asks for. A hash that another program made has revision and birth 0.
local function load_record(key, places)
  local flat = call('HGETALL', key)
  local all = #flat
  if all == 0 then
    return nil
  end

  local revision, birth, size, total = 0, false, 0, 0
  for i = 1, all, 2 do
    local name, value = flat[i], flat[i + 1]
    if name == '@rev' then
      revision = tonumber(value)
    elseif name == '@born' then
      birth = tonumber(value)
    else
      size = size + 2
      flat[size - 1], flat[size] = name, value
      total = total + #name + #value
      if places[name] then
        places[name] = size
      end
    end
  end

  for i = all, size + 1, -1 do
    flat[i] = nil
  end

  return { revision = revision, birth = birth or 0, has_birth = birth, flat = flat, size = size, bytes = total }
end

-- The same without fields, however large the record is.
local function load_metadata(key)
  local values = call('HMGET', key, '@rev', '@born')
  if not values[1] and call('EXISTS', key) == 0 then
    return nil
  end

  return { revision = tonumber(values[1] or '0'), birth = tonumber(values[2] or '0') }
end

local function record_reply(key, record)
  return record and { record.revision, record.birth, call('PTTL', key), record.flat or false } or false
end

local function holds(change, kind, what, value)
  local record = change.record
  if kind == 'B' then
    return record ~= nil and record.birth == what
  elseif kind == 'A' then
    return record == nil
  elseif kind == 'E' then
    return record ~= nil
  elseif kind == 'R' then
    return record ~= nil and record.revision == what
  end

  local place = change.places[what]
  if kind == 'N' then
    return place == 0
  end

  return place > 0 and record.flat[place] == value
end

-- Gives the field a value, or takes it away: then the last one of the record gets its place.
local function give(change, field, value)
  local record, places = change.record, change.places
  local flat, place = record.flat, places[field]
  if value and place > 0 then
    record.bytes = record.bytes + #value - #flat[place]
    flat[place] = value
  elseif value then
    local size = record.size + 2
    flat[size - 1], flat[size] = field, value
    record.size, places[field] = size, size
    record.bytes = record.bytes + #field + #value
  elseif place > 0 then
    local size = record.size
    local last = flat[size - 1]
    record.bytes = record.bytes - #field - #flat[place]
    flat[place - 1], flat[place] = last, flat[size]
    flat[size - 1], flat[size] = nil, nil
    if places[last] then
      places[last] = place
    end

    record.size, places[field] = size - 2, 0
  end
end

local function counter_of(change, field)
  local text = change.record.flat[change.places[field]]
  return text and (parse_integer(text) or fail('HFLIMIT', "field '" .. field .. "' holds no counter"))
end

local function counted(change, kind, field, number)
  local old = counter_of(change, field)
  if kind == 'M' then
    return text_of(old and math.max(old, number) or number)
  end

  local sum = (old or 0) + number
  if sum > MAX_SAFE or sum < -MAX_SAFE then
    fail('HFLIMIT', "counter '" .. field .. "' would leave its range of plus or minus 2^53 - 1")
  end

  return text_of(sum)
end

-- Computes an update's record in memory.
local function apply_update(change)
  local record = change.record
  if not record then
    record = { revision = 0, flat = {}, size = 0, bytes = 0 }
    change.record = record
  end

  local operations = change.operations
  for i = 1, #operations, 3 do
    local kind, field, value = operations[i], operations[i + 1], operations[i + 2]
    if kind == 'A' or kind == 'M' then
      value = counted(change, kind, field, value)
    end

    give(change, field, value)
  end

  if record.size > 2 * MAX_FIELDS then
    fail('HFLIMIT', 'a record has at most ' .. MAX_FIELDS .. ' fields, not ' .. record.size / 2)
  elseif record.bytes > MAX_RECORD_BYTES then
    fail('HFLIMIT', 'a record has at most ' .. MAX_RECORD_BYTES .. ' bytes, not ' .. record.bytes)
  end
end

-- Moves the expiry, and tells it: what was just set need not be asked for.
local function write_expiry(change)
  local expiry = change.expiry
  if expiry == '=' then
    return call('PTTL', change.key)
  elseif expiry == '-' then
    call('PERSIST', change.key)
    return -1
  end

  call('PEXPIRE', change.key, expiry)
  return tonumber(expiry)
end

local function call_in_steps(command, key, arguments)
  for i = 1, #arguments, CALL_MOST do
    call(command, key, unpack(arguments, i, math.min(i + CALL_MOST - 1, #arguments)))
  end
end

-- Writes what became of the fields that operations were about, and answers the record.
local function write_update(change, head)
  local record, places, operations = change.record, change.places, change.operations
  local flat = record.flat
  record.birth = record.birth or head.revision
  record.revision = head.revision
  local sets = { '@rev', head.revision_text }
  local removals = NOTHING
  local size = 2
  if not record.has_birth then
    sets[3], sets[4], size = '@born', text_of(record.birth), 4
  end

  for i = 2, #operations, 3 do
    local field = operations[i]
    local place = places[field]
    if place > 0 then
      sets[size + 1], sets[size + 2] = field, flat[place]
      size = size + 2
    else
      removals = removals == NOTHING and {} or removals
      removals[#removals + 1] = field
    end
  end

  call_in_steps('HSET', change.key, sets)
  call_in_steps('HDEL', change.key, removals)
  return { record.revision, record.birth, write_expiry(change), flat }
end

local function append_events(commit, head, time)
  for i, event in ipairs(commit.events) do
    local id = text_of(head.revision) .. '-' .. text_of(i - 1)
    call('XADD', commit.keys[2], id, 't', text_of(time), 'y', event.type, 'p', event.payload)
    head.journal_bytes = head.journal_bytes + event.bytes
  end
end

local function is_overdue(head, count, fields, time)
  return count > JOURNAL_MAX_EVENTS
    or head.journal_bytes > JOURNAL_MAX_BYTES
    or tonumber(fields[2]) < time - JOURNAL_MAX_AGE
end

-- Removes the oldest events beyond the limits of number, bytes and age; at most TRIM_MOST of them in one commit.
local function trim_journal(commit, head, time)
  local key = commit.keys[2]
  local count = call('XLEN', key)
  local trimmed = 0
  local step = 1
  while trimmed < TRIM_MOST do
    local overdue = {}
    for _, entry in ipairs(call('XRANGE', key, '-', '+', 'COUNT', step)) do
      local fields = entry[2]
      if not is_overdue(head, count, fields, time) then
        break
      end

      overdue[#overdue + 1] = entry[1]
      count = count - 1
      head.journal_bytes = head.journal_bytes - #fields[4] - #fields[6]
    end

    if #overdue == 0 then
      return
    end

    call('XDEL', key, unpack(overdue))
    head.trim = overdue[#overdue]
    trimmed = trimmed + #overdue
    step = TRIM_STEP
  end
end

local function write_journal(commit, head)
  if commit.events == NOTHING then
    return
  end

  local kept = call('HMGET', head.key, 'trim', 'jbytes')
  head.trim, head.journal_bytes = kept[1], tonumber(kept[2] or '0')
  local time = now()
  append_events(commit, head, time)
  trim_journal(commit, head, time)
  call('HSET', head.key, 'jbytes', text_of(head.journal_bytes))
  if head.trim then
    call('HSET', head.key, 'trim', head.trim)
  end
end

-- Tracking forgets a key for everybody when it changes, and remembers all keys of a call at its next read command: the
-- caller's NOLOOP would otherwise leave it without pushes for what it has just written.
local function track_again(head)
  call('EXISTS', head.key)
end

local function answer(head, reply)
  if head.is_opened then
    save_head(head)
    track_again(head)
  end

  return reply
end

local function replay(commit, head, term, revision)
  local records = {}
  for i, change in ipairs(commit.changes) do
    local load = change.kind == 'K' and load_metadata or load_record
    records[i] = record_reply(change.key, load(change.key, NOTHING))
  end

  return answer(head, { 'replay', tonumber(term), tonumber(revision), records })
end

-- The answer to a commit that was made before under the same sequence or request id; nil for one that was not.
local function repeated(commit, head)
  local sequence = commit.sequence
  if sequence > 0 then
    local remembered = call('HGET', commit.keys[3], SLOTS[sequence % RING])
    local last = remembered and tonumber(match(remembered, '^%d+')) or 0
    if last == sequence then
      return replay(commit, head, match(remembered, '^%d+ (%d+) (%d+)$'))
    elseif last > sequence then
      fail('HFARG', 'the sequence is older than the last ' .. RING .. ' of the client')
    end
  end

  if commit.request_key then
    local remembered = call('GET', commit.request_key)
    local term, revision, fingerprint = match(remembered or '', '^(%d+) (%d+) (.*)$')
    if fingerprint == commit.fingerprint then
      return replay(commit, head, term, revision)
    elseif fingerprint then
      return answer(head, { 'different', tonumber(term), tonumber(revision) })
    end
  end

  return nil
end

-- Loads the records and answers the first condition that does not hold; nil when all hold.
local function refused(commit, head)
  for i, change in ipairs(commit.changes) do
    local load = change.needs_fields and load_record or load_metadata
    change.record = load(change.key, change.places)
    local conditions = change.conditions
    for j = 1, #conditions, 3 do
      if not holds(change, conditions[j], conditions[j + 1], conditions[j + 2]) then
        local reply = record_reply(change.key, load_record(change.key, NOTHING))
        return answer(head, { 'refused', head.term, head.revision, i - 1, (j - 1) / 3, reply })
      end
    end
  end

  return nil
end

-- Computes all that the commit makes of its records, and whether it takes a revision.
local function compute(commit)
  local takes_revision = commit.events ~= NOTHING
  for _, change in ipairs(commit.changes) do
    if change.kind == 'U' then
      apply_update(change)
      takes_revision = true
    elseif change.kind == 'D' and change.record then
      takes_revision = true
    end
  end

  return takes_revision
end

local function write_changes(commit, head)
  local records = {}
  for i, change in ipairs(commit.changes) do
    records[i] = false
    if change.kind == 'U' then
      records[i] = write_update(change, head)
    elseif change.kind == 'D' then
      call('DEL', change.key)
    elseif change.record then
      records[i] = { change.record.revision, change.record.birth, write_expiry(change), false }
    end
  end

  return records
end

local function remember(commit, head)
  local made = head.term_text .. ' ' .. head.revision_text
  local sequence = commit.sequence
  if sequence > 0 then
    local key = commit.keys[3]
    call('HSET', key, SLOTS[sequence % RING], text_of(sequence) .. ' ' .. made)
    call('PEXPIRE', key, RING_TIME)
  end

  if commit.request_key then
    call('SET', commit.request_key, made .. ' ' .. commit.fingerprint, 'PX', text_of(commit.window))
  end
end

local function make(commit)
  local head = load_head(commit.keys[1])
  ensure_term(head, commit.run)
  local early = repeated(commit, head) or refused(commit, head)
  if early then
    return early
  end

  if compute(commit) then
    head.revision = head.revision + 1
    head.is_changed = true
  end

  head.revision_text = text_of(head.revision)

  -- The journal first: an append is the one write that can still fail, when the head was lost and the journal was not.
  write_journal(commit, head)
  local records = write_changes(commit, head)
  remember(commit, head)
  if head.is_changed or head.is_opened then
    save_head(head)
  end

  track_again(head)
  return { 'ok', head.term, head.revision, records }
end

local function hf1_commit(keys, given)
  begin(given)
  return make(parse_commit(keys))
end

local function hf1_remove(keys, given)
  begin(given)
  local commit = parse_commit(keys)
  if commit.request_key or commit.events ~= NOTHING then
    fail('HFARG', 'a removal has no request id and no events')
  end

  for _, change in ipairs(commit.changes) do
    if change.kind == 'U' then
      fail('HFARG', 'a removal updates nothing')
    end
  end

  return make(commit)
end

local function hf1_read(keys, given)
  begin(given)
  local head = load_head(keys[1])
  local reply = { head.run, head.term, head.revision }
  for i = 2, #keys do
    reply[i + 2] = record_reply(keys[i], load_record(keys[i], NOTHING))
  end

  return reply
end

local function hf1_open(keys, given)
  begin(given)
  local head = load_head(keys[1])
  ensure_term(head, read_text())
  local terms = {}
  for term, found in string.gmatch(head.terms, '(%d+):(%d+)') do
    terms[#terms + 1] = tonumber(term)
    terms[#terms + 1] = tonumber(found)
  end

  return answer(head, { head.revision, terms })
end

local function is_before(revision, index, id)
  local other, other_index = match(id, '^(%d+)-(%d+)$')
  other = tonumber(other)
  return revision < other or (revision == other and index < tonumber(other_index))
end

-- A page ends at `most` events or about PAGE_BYTES, so that no reply is out of bounds.
local function read_events(key, after, most)
  local events = {}
  local bytes = 0
  while #events < most and bytes < PAGE_BYTES do
    local step = math.min(PAGE_STEP, most - #events)
    local entries = call('XRANGE', key, '(' .. after, '+', 'COUNT', step)
    for _, entry in ipairs(entries) do
      local fields = entry[2]
      local revision, index = match(entry[1], '^(%d+)-(%d+)$')
      events[#events + 1] = { tonumber(revision), tonumber(index), tonumber(fields[2]), fields[4], fields[6] }
      bytes = bytes + #fields[4] + #fields[6]
      after = entry[1]
    end

    if #entries < step then
      break
    end
  end

  return events
end

local function hf1_journal(keys, given)
  begin(given)
  local revision = read_integer(0, MAX_SAFE)
  local index = read_integer(0, MAX_SAFE)
  local most = read_integer(1, 1000)
  finish_reading()
  local head = load_head(keys[1])
  local trim = call('HGET', keys[1], 'trim')
  local gap = trim and is_before(revision, index, trim) and 1 or 0
  local events = read_events(keys[2], text_of(revision) .. '-' .. text_of(index), most)
  return { head.run, head.term, head.revision, gap, events }
end

redis.register_function('hf1_commit', hf1_commit)
redis.register_function({ function_name = 'hf1_remove', callback = hf1_remove, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'hf1_open', callback = hf1_open, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'hf1_read', callback = hf1_read, flags = { 'no-writes' } })
redis.register_function({ function_name = 'hf1_journal', callback = hf1_journal, flags = { 'no-writes' } })
