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

local function fail(code, message)
  error({ err = code .. ' ' .. message })
end

local function text_of(number)
  return string.format('%.0f', number)
end

-- Decimal, as every number on the wire and every counter is: no plus, no leading zeros, within ±(2^53 - 1).
local function parse_integer(text)
  if #text == 1 then
    return tonumber(text)
  elseif #text > 17 or not string.find(text, '^%-?[1-9]%d*$') then
    return nil
  end

  local number = tonumber(text)
  return number >= -MAX_SAFE and number <= MAX_SAFE and number or nil
end

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The arguments are read in their order. `bytes` counts names and values towards the commit's limit.
local function reader_of(args)
  return { args = args, at = 0, bytes = 0 }
end

local function read_text(reader)
  local at = reader.at + 1
  reader.at = at
  return reader.args[at] or fail('HFARG', 'there are too few arguments')
end

local function read_content(reader)
  local text = read_text(reader)
  reader.bytes = reader.bytes + #text
  return text
end

local function read_integer(reader, least, most)
  local text = read_text(reader)
  local number = parse_integer(text)
  if not number or number < least or number > most then
    fail('HFARG', 'argument ' .. reader.at .. " is '" .. string.sub(text, 1, 32) .. "', not a number from "
      .. text_of(least) .. ' to ' .. text_of(most))
  end

  return number
end

local function read_field(reader)
  local name = read_content(reader)
  if #name > MAX_FIELD_NAME_BYTES then
    fail('HFLIMIT', 'a field name has at most ' .. MAX_FIELD_NAME_BYTES .. ' bytes, not ' .. #name)
  elseif #name == 0 or string.byte(name) == 64 then
    fail('HFARG', "a field name is not empty and does not begin with '@'")
  end

  return name
end

local function finish_reading(reader)
  if reader.at ~= #reader.args then
    fail('HFARG', 'there are too many arguments')
  end
end

local function parse_condition(reader)
  local kind = read_text(reader)
  if kind == 'A' or kind == 'E' then
    return { kind = kind }
  elseif kind == 'B' or kind == 'R' then
    return { kind = kind, number = read_integer(reader, 0, MAX_SAFE) }
  elseif kind == 'F' then
    local field = read_field(reader)
    return { kind = kind, field = field, value = read_content(reader) }
  elseif kind == 'N' then
    return { kind = kind, field = read_field(reader) }
  end

  fail('HFARG', "there is no condition '" .. string.sub(kind, 1, 32) .. "'")
end

local function parse_operation(reader)
  local kind = read_text(reader)
  local field = read_field(reader)
  if kind == 'S' then
    return { kind = kind, field = field, value = read_content(reader) }
  elseif kind == 'R' then
    return { kind = kind, field = field }
  elseif kind == 'A' or kind == 'M' then
    return { kind = kind, field = field, number = read_integer(reader, -MAX_SAFE, MAX_SAFE) }
  end

  fail('HFARG', "there is no operation '" .. string.sub(kind, 1, 32) .. "'")
end

local function parse_expiry(reader)
  local text = read_text(reader)
  if text == '=' or text == '-' then
    return text
  end

  local time = parse_integer(text)
  if not time or time < 1 or time > MAX_TIME_TO_LIVE then
    fail('HFARG', 'an expiry is =, - or 1 to ' .. text_of(MAX_TIME_TO_LIVE) .. ' ms')
  end

  return text
end

local function parse_change(reader, key)
  local change = { key = key, kind = read_text(reader), conditions = {}, operations = {} }
  if change.kind ~= 'U' and change.kind ~= 'D' and change.kind ~= 'K' then
    fail('HFARG', "there is no change '" .. string.sub(change.kind, 1, 32) .. "'")
  end

  change.needs_fields = change.kind == 'U'
  for i = 1, read_integer(reader, 0, MAX_SAFE) do
    local condition = parse_condition(reader)
    change.conditions[i] = condition
    change.needs_fields = change.needs_fields or condition.kind == 'F' or condition.kind == 'N'
  end

  change.expiry = parse_expiry(reader)
  for i = 1, read_integer(reader, 0, MAX_SAFE) do
    change.operations[i] = parse_operation(reader)
  end

  if change.kind ~= 'U' and #change.operations > 0 then
    fail('HFARG', 'only an update has operations')
  end

  return change
end

local function parse_event(reader)
  local event = { type = read_content(reader), payload = read_content(reader) }
  event.bytes = #event.type + #event.payload
  if event.bytes > MAX_EVENT_BYTES then
    fail('HFLIMIT', 'an event has at most ' .. MAX_EVENT_BYTES .. ' bytes, not ' .. event.bytes)
  end

  return event
end

local function limited_count(reader, most, what)
  local count = read_integer(reader, 0, MAX_SAFE)
  if count > most then
    fail('HFLIMIT', 'a commit has at most ' .. most .. ' ' .. what .. ', not ' .. text_of(count))
  end

  return count
end

local function parse_commit(keys, args)
  local reader = reader_of(args)
  local commit = { changes = {}, events = {}, head_key = keys[1], journal_key = keys[2], client_key = keys[3] }
  commit.run = read_text(reader)
  local durability = read_text(reader)
  if durability ~= 'm' and durability ~= 'w' and durability ~= 's' then
    fail('HFARG', 'the durability is m, w or s')
  end

  commit.sequence = read_integer(reader, 0, MAX_SAFE)
  commit.fingerprint = read_text(reader)
  commit.window = read_integer(reader, 0, MAX_WINDOW)
  local before_records = 3
  if commit.fingerprint ~= '' then
    commit.request_key = keys[4]
    before_records = 4
    if #commit.fingerprint > MAX_FINGERPRINT_BYTES or commit.window < 1 then
      fail('HFARG', 'a fingerprint has at most 255 bytes, and a request id a window of at least 1 ms')
    end
  end

  local records = limited_count(reader, MAX_RECORDS, 'records')
  if #keys ~= before_records + records then
    fail('HFARG', 'there are ' .. #keys .. ' keys, not ' .. before_records + records)
  end

  for i = 1, records do
    commit.changes[i] = parse_change(reader, keys[before_records + i])
  end

  for i = 1, limited_count(reader, MAX_EVENTS, 'events') do
    commit.events[i] = parse_event(reader)
  end

  finish_reading(reader)
  if reader.bytes > MAX_COMMIT_BYTES then
    fail('HFLIMIT', 'a commit has at most ' .. MAX_COMMIT_BYTES .. ' bytes, not ' .. reader.bytes)
  end

  return commit
end

local function load_head(key)
  local values = redis.call('HMGET', key, 'rev', 'run', 'terms', 'trim', 'jbytes')
  local terms = values[3] or ''
  return {
    key = key,
    revision = tonumber(values[1] or '0'),
    run = values[2] or '',
    terms = terms,
    term = tonumber(string.match(terms, '(%d+):%d+$') or '0'),
    trim = values[4],
    journal_bytes = tonumber(values[5] or '0'),
  }
end

-- Forgets the oldest terms, so that the last 64 remain.
local function last_terms(terms)
  local _, commas = string.gsub(terms, ',', '')
  for _ = 1, commas + 1 - MAX_TERMS do
    terms = string.sub(terms, string.find(terms, ',', 1, true) + 1)
  end

  return terms
end

-- Opens a term if another process of the server served the partition last. Only computes: save_head writes. The run id
-- is checked here, where it matters and is rare: a client that passed a wrong one would open term after term.
local function ensure_term(head, run)
  if head.run == run then
    return
  end

  if run ~= string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') then
    fail('HFARG', "the run id is not the server's")
  end

  head.run = run
  head.term = math.max(now(), head.term + 1)
  local opened = text_of(head.term) .. ':' .. text_of(head.revision)
  head.terms = last_terms(head.terms == '' and opened or head.terms .. ',' .. opened)
  head.is_opened = true
end

local function save_head(head)
  if head.is_opened then
    redis.call('HSET', head.key, 'rev', text_of(head.revision), 'run', head.run, 'terms', head.terms)
  else
    redis.call('HSET', head.key, 'rev', text_of(head.revision))
  end
end

-- The record as a table, or nil when it is absent. A hash that another program made has revision and birth 0.
local function load_record(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then
    return nil
  end

  local record = { revision = 0, birth = 0, fields = {}, count = 0, bytes = 0 }
  for i = 1, #flat, 2 do
    local name, value = flat[i], flat[i + 1]
    if name == '@rev' then
      record.revision = tonumber(value)
    elseif name == '@born' then
      record.birth = tonumber(value)
    else
      record.fields[name] = value
      record.count = record.count + 1
      record.bytes = record.bytes + #name + #value
    end
  end

  return record
end

-- The same without fields, however large the record is.
local function load_metadata(key)
  local values = redis.call('HMGET', key, '@rev', '@born')
  if not values[1] and redis.call('EXISTS', key) == 0 then
    return nil
  end

  return { revision = tonumber(values[1] or '0'), birth = tonumber(values[2] or '0') }
end

local function flat_fields(fields)
  local flat = {}
  local size = 0
  for name, value in pairs(fields) do
    flat[size + 1] = name
    flat[size + 2] = value
    size = size + 2
  end

  return flat
end

local function record_reply(key, record)
  if not record then
    return false
  end

  return { record.revision, record.birth, redis.call('PTTL', key), record.fields and flat_fields(record.fields) or false }
end

local holds = {
  A = function(record) return record == nil end,
  E = function(record) return record ~= nil end,
  B = function(record, condition) return record ~= nil and record.birth == condition.number end,
  R = function(record, condition) return record ~= nil and record.revision == condition.number end,
  F = function(record, condition) return record ~= nil and record.fields[condition.field] == condition.value end,
  N = function(record, condition) return record == nil or record.fields[condition.field] == nil end,
}

local function give(record, field, value)
  local old = record.fields[field]
  if old then
    record.bytes = record.bytes - #field - #old
    record.count = record.count - 1
  end

  if value then
    record.bytes = record.bytes + #field + #value
    record.count = record.count + 1
  end

  record.fields[field] = value
end

local function counter_of(record, field)
  local text = record.fields[field]
  if not text then
    return nil
  end

  return parse_integer(text) or fail('HFLIMIT', "field '" .. field .. "' holds no counter")
end

local function apply_operation(record, operation)
  local field = operation.field
  if operation.kind == 'S' then
    give(record, field, operation.value)
  elseif operation.kind == 'R' then
    give(record, field, nil)
  elseif operation.kind == 'A' then
    local sum = (counter_of(record, field) or 0) + operation.number
    if sum > MAX_SAFE or sum < -MAX_SAFE then
      fail('HFLIMIT', "counter '" .. field .. "' would leave its range of plus or minus 2^53 - 1")
    end

    give(record, field, text_of(sum))
  else
    local old = counter_of(record, field)
    give(record, field, text_of(old and math.max(old, operation.number) or operation.number))
  end
end

-- Computes an update's record in memory, and notes which fields are to be written.
local function apply_update(change)
  local record = change.record or { revision = 0, fields = {}, count = 0, bytes = 0 }
  change.record = record
  change.written = {}
  for _, operation in ipairs(change.operations) do
    apply_operation(record, operation)
    change.written[operation.field] = true
  end

  if record.count > MAX_FIELDS then
    fail('HFLIMIT', 'a record has at most ' .. MAX_FIELDS .. ' fields, not ' .. record.count)
  elseif record.bytes > MAX_RECORD_BYTES then
    fail('HFLIMIT', 'a record has at most ' .. MAX_RECORD_BYTES .. ' bytes, not ' .. record.bytes)
  end
end

local function write_expiry(change)
  if change.expiry == '-' then
    redis.call('PERSIST', change.key)
  elseif change.expiry ~= '=' then
    redis.call('PEXPIRE', change.key, change.expiry)
  end
end

local function write_update(change, revision)
  local record = change.record
  record.birth = record.birth or revision
  record.revision = revision
  local sets = { '@rev', text_of(revision), '@born', text_of(record.birth) }
  local removals = {}
  for field in pairs(change.written) do
    local value = record.fields[field]
    if value then
      sets[#sets + 1] = field
      sets[#sets + 1] = value
    else
      removals[#removals + 1] = field
    end
  end

  for i = 1, #sets, CALL_MOST do
    redis.call('HSET', change.key, unpack(sets, i, math.min(i + CALL_MOST - 1, #sets)))
  end

  for i = 1, #removals, CALL_MOST do
    redis.call('HDEL', change.key, unpack(removals, i, math.min(i + CALL_MOST - 1, #removals)))
  end

  write_expiry(change)
end

local function append_events(commit, head, time)
  for i, event in ipairs(commit.events) do
    local id = text_of(head.revision) .. '-' .. text_of(i - 1)
    redis.call('XADD', commit.journal_key, id, 't', text_of(time), 'y', event.type, 'p', event.payload)
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
  local key = commit.journal_key
  local count = redis.call('XLEN', key)
  local trimmed = 0
  local step = 1
  while trimmed < TRIM_MOST do
    local overdue = {}
    for _, entry in ipairs(redis.call('XRANGE', key, '-', '+', 'COUNT', step)) do
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

    redis.call('XDEL', key, unpack(overdue))
    head.trim = overdue[#overdue]
    trimmed = trimmed + #overdue
    step = TRIM_STEP
  end
end

local function write_journal(commit, head)
  if #commit.events == 0 then
    return
  end

  local time = now()
  append_events(commit, head, time)
  trim_journal(commit, head, time)
  redis.call('HSET', head.key, 'jbytes', text_of(head.journal_bytes))
  if head.trim then
    redis.call('HSET', head.key, 'trim', head.trim)
  end
end

-- Tracking forgets a key for everybody when it changes, and remembers all keys of a call at its next read command: the
-- caller's NOLOOP would otherwise leave it without pushes for what it has just written.
local function track_again(head)
  redis.call('EXISTS', head.key)
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
    records[i] = record_reply(change.key, load(change.key))
  end

  return answer(head, { 'replay', tonumber(term), tonumber(revision), records })
end

-- The answer to a commit that was made before under the same sequence or request id; nil for one that was not.
local function repeated(commit, head)
  if commit.sequence > 0 then
    local remembered = redis.call('HGET', commit.client_key, text_of(commit.sequence % RING))
    local sequence, term, revision = string.match(remembered or '', '^(%d+) (%d+) (%d+)$')
    if tonumber(sequence) == commit.sequence then
      return replay(commit, head, term, revision)
    elseif sequence and tonumber(sequence) > commit.sequence then
      fail('HFARG', 'the sequence is older than the last ' .. RING .. ' of the client')
    end
  end

  if commit.request_key then
    local remembered = redis.call('GET', commit.request_key)
    local term, revision, fingerprint = string.match(remembered or '', '^(%d+) (%d+) (.*)$')
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
    change.record = load(change.key)
    for j, condition in ipairs(change.conditions) do
      if not holds[condition.kind](change.record, condition) then
        local reply = record_reply(change.key, load_record(change.key))
        return answer(head, { 'refused', head.term, head.revision, i - 1, j - 1, reply })
      end
    end
  end

  return nil
end

-- Computes all that the commit makes of its records, and whether it takes a revision.
local function compute(commit)
  local takes_revision = #commit.events > 0
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
      write_update(change, head.revision)
      records[i] = record_reply(change.key, change.record)
    elseif change.kind == 'D' then
      redis.call('DEL', change.key)
    elseif change.record then
      write_expiry(change)
      change.record.fields = nil
      records[i] = record_reply(change.key, change.record)
    end
  end

  return records
end

local function remember(commit, head)
  local made = text_of(head.term) .. ' ' .. text_of(head.revision)
  if commit.sequence > 0 then
    local slot = text_of(commit.sequence % RING)
    redis.call('HSET', commit.client_key, slot, text_of(commit.sequence) .. ' ' .. made)
    redis.call('PEXPIRE', commit.client_key, RING_TIME)
  end

  if commit.request_key then
    redis.call('SET', commit.request_key, made .. ' ' .. commit.fingerprint, 'PX', text_of(commit.window))
  end
end

local function make(commit)
  local head = load_head(commit.head_key)
  ensure_term(head, commit.run)
  local early = repeated(commit, head) or refused(commit, head)
  if early then
    return early
  end

  if compute(commit) then
    head.revision = head.revision + 1
    head.is_changed = true
  end

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

local function hf1_commit(keys, args)
  return make(parse_commit(keys, args))
end

local function hf1_remove(keys, args)
  local commit = parse_commit(keys, args)
  if commit.request_key or #commit.events > 0 then
    fail('HFARG', 'a removal has no request id and no events')
  end

  for _, change in ipairs(commit.changes) do
    if change.kind == 'U' then
      fail('HFARG', 'a removal updates nothing')
    end
  end

  return make(commit)
end

local function hf1_read(keys)
  local head = load_head(keys[1])
  local reply = { head.run, head.term, head.revision }
  for i = 2, #keys do
    reply[i + 2] = record_reply(keys[i], load_record(keys[i]))
  end

  return reply
end

local function hf1_open(keys, args)
  local head = load_head(keys[1])
  ensure_term(head, args[1] or fail('HFARG', 'there are too few arguments'))
  local terms = {}
  for term, found in string.gmatch(head.terms, '(%d+):(%d+)') do
    terms[#terms + 1] = tonumber(term)
    terms[#terms + 1] = tonumber(found)
  end

  return answer(head, { head.revision, terms })
end

local function is_before(revision, index, id)
  local other, other_index = string.match(id, '^(%d+)-(%d+)$')
  other = tonumber(other)
  return revision < other or (revision == other and index < tonumber(other_index))
end

-- A page ends at `most` events or about PAGE_BYTES, so that no reply is out of bounds.
local function read_events(key, after, most)
  local events = {}
  local bytes = 0
  while #events < most and bytes < PAGE_BYTES do
    local step = math.min(PAGE_STEP, most - #events)
    local entries = redis.call('XRANGE', key, '(' .. after, '+', 'COUNT', step)
    for _, entry in ipairs(entries) do
      local fields = entry[2]
      local revision, index = string.match(entry[1], '^(%d+)-(%d+)$')
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

local function hf1_journal(keys, args)
  local reader = reader_of(args)
  local revision = read_integer(reader, 0, MAX_SAFE)
  local index = read_integer(reader, 0, MAX_SAFE)
  local most = read_integer(reader, 1, 1000)
  finish_reading(reader)
  local head = load_head(keys[1])
  local gap = head.trim and is_before(revision, index, head.trim) and 1 or 0
  local events = read_events(keys[2], text_of(revision) .. '-' .. text_of(index), most)
  return { head.run, head.term, head.revision, gap, events }
end

redis.register_function('hf1_commit', hf1_commit)
redis.register_function({ function_name = 'hf1_remove', callback = hf1_remove, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'hf1_open', callback = hf1_open, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'hf1_read', callback = hf1_read, flags = { 'no-writes' } })
redis.register_function({ function_name = 'hf1_journal', callback = hf1_journal, flags = { 'no-writes' } })
