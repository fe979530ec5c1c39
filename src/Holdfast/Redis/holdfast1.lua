#!lua name=holdfast1

-- Holdfast's Functions, version 1, for Redis 7 and Valkey. docs/wire.md is their contract: keys, arguments, answers.
--
-- A Function that fails keeps what it wrote before, so each one parses, checks and computes everything first, and
-- writes last. Errors are raised with fail() in that first part only.

-- What this text hashes to, so that a client knows whose library the server has: put here by who loads it.
local DIGEST = '@digest@'

local MAX_SAFE = 9007199254740991 -- 2^53 - 1
local MAX_FIELD_NAME_BYTES = 256
local MAX_FIELDS = 4096
local MAX_RECORD_BYTES = 1048576
local MAX_RECORDS = 64
local MAX_COMMIT_BYTES = 4194304
local MAX_MARKS = 16384
local MAX_HELD_MARKS = 64
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
local RING_TIME = '600000' -- 10 min

-- Lua's unpack takes at most about 8,000 values.
local CALL_MOST = 4000

-- Whose terms are opened here: this process's, for as long as it is the primary. Both are in it, as a process keeps its run id when it is made a
-- replica, and every promotion makes a replication id. Asked for when a term opens, and when somebody names another one. What it was told last is
-- forgotten with the rest of this library's memory when the server takes over all that its master has, as one does that has to give up what it had acknowledged.
local tenure = ''

-- begin() sets these for the call that runs; what is Redis's own can't be had while a library is loaded. Arguments are read in their order, and
-- `bytes` counts names and values towards the commit's limit.
local args, at, bytes
local call, byte, find, match, format

-- The marks of a commit's arguments, by their byte.
local ABSENT, EXISTS, BIRTH, REVISION, FIELD, NO_FIELD = 65, 69, 66, 82, 70, 78 -- A E B R F N
local AS_IT_WAS, NEVER, AFTER = 61, 45, 62 -- = - >
local SET, REMOVE, ADD, MAX = 83, 82, 65, 77 -- S R A M
local UPDATE, DELETE, KEEP = 85, 68, 75 -- U D K
local HOLDS = 72 -- H

-- What the second argument says: 1 for a request id, 2 for a commit that is sent for the first time, 4 for a client whose ring lives long enough.
local MARKS, LEVELS = {}, { 'm', 'w', 's' }
for told = 0, 7 do
  local behind = (told % 2 == 1 and 'r' or '') .. (told % 4 >= 2 and 'n' or '') .. (told >= 4 and 'k' or '')
  for i = 1, 3 do
    MARKS[LEVELS[i] .. behind] = told
  end
end

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

-- One call runs at a time, and most commits change one record: these are filled anew by each call, which spares the collector tables of
-- many fields. Whatever one of them holds is from this call only if this call has put it there.
local COMMIT, HEAD, ONE_CHANGE, FIRST_CHANGE, NAMES, HELD, SETS = {}, {}, {}, {}, { '@rev' }, {}, { '@rev' }

-- The names of the ring's places.
local SLOTS = {}
for i = 0, RING - 1 do
  SLOTS[i] = i .. ''
end

local function begin(given)
  args, at, bytes = given, 0, 0
  if not call then
    call, byte, find, match, format = redis.call, string.byte, string.find, string.match, string.format
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
  local first = byte(name)
  if #name > MAX_FIELD_NAME_BYTES then
    fail('HFLIMIT', 'a field name has at most ' .. MAX_FIELD_NAME_BYTES .. ' bytes, not ' .. #name)
  elseif not first or first == 64 then
    fail('HFARG', "a field name is not empty and does not begin with '@'")
  end

  return name
end

local function finish_reading()
  if at ~= #args then
    fail('HFARG', 'there are too many arguments')
  end
end

local function fail_mark(what, marks, index)
  fail('HFARG', 'there is no ' .. what .. " '" .. string.sub(marks, index, index) .. "'")
end

-- Reads what the conditions take, whose marks begin at `index`, and answers where the expiry's mark stands. The fields that
-- they ask for get a place in `places`, and so does the birth.
local function read_conditions(marks, index, places)
  while true do
    local mark = byte(marks, index)
    if mark == AFTER or mark == AS_IT_WAS or mark == NEVER then
      return index, mark
    elseif mark == REVISION then
      read_integer(0, MAX_SAFE)
    elseif mark == BIRTH then
      read_integer(0, MAX_SAFE)
      places['@born'] = 0
    elseif mark == FIELD or mark == NO_FIELD then
      places[read_field()] = 0
      if mark == FIELD then
        read_content()
      end
    elseif not mark then
      fail('HFARG', 'a change has an expiry: =, - or >')
    elseif mark ~= ABSENT and mark ~= EXISTS then
      fail_mark('condition', marks, index)
    end

    index = index + 1
  end
end

-- The same for the operations, whose marks begin at `index`.
local function read_operations(marks, index, places)
  for i = index, #marks do
    local mark = byte(marks, i)
    places[read_field()] = 0
    if mark == SET then
      read_content()
    elseif mark == ADD or mark == MAX then
      read_integer(-MAX_SAFE, MAX_SAFE)
    elseif mark ~= REMOVE then
      fail_mark('operation', marks, i)
    end
  end
end

-- Checks the change's arguments, and notes in `change` where they begin: whoever needs one later finds it there. `places` tells where the value
-- of each field that the change is about stands in its record: 0 for one that is absent. What the caller says it holds is only compared, as decimal numbers have
-- one form, and checked if it is not what is there.
local function parse_change(key, change)
  local marks = read_text()
  if #marks > MAX_MARKS then
    fail('HFLIMIT', 'a change has at most ' .. MAX_MARKS .. ' conditions and operations, not ' .. #marks)
  end

  local kind = byte(marks)
  if kind ~= UPDATE and kind ~= DELETE and kind ~= KEEP then
    fail_mark('change', marks, 1)
  end

  local condition_index, held_revision, held_term = 2, false, false
  if byte(marks, 2) == HOLDS then
    if kind ~= UPDATE or #marks > MAX_HELD_MARKS then
      fail('HFARG', 'only an update of at most ' .. MAX_HELD_MARKS .. ' marks says what the caller holds')
    end

    condition_index, held_revision, held_term = 3, read_text(), read_text()
  end

  local first = at + 1
  local places = { ['@rev'] = 0, ['@born'] = false, [''] = false } -- Room for one field more.
  local index, expiry = read_conditions(marks, condition_index, places)
  local needs_fields = kind == UPDATE or find(marks, '[FN]') ~= nil
  local life = -1
  if expiry == AFTER then
    life = read_integer(1, MAX_TIME_TO_LIVE)
  end

  local first_operation = at
  if index < #marks then
    if kind ~= UPDATE then
      fail('HFARG', 'only an update has operations')
    end

    read_operations(marks, index + 1, places)
  end

  change.key, change.kind, change.marks = key, kind, marks
  change.held_revision, change.held_term, change.is_held = held_revision, held_term, false
  change.condition_index, change.first, change.expiry_index, change.expiry, change.life = condition_index, first, index, expiry, life
  change.first_operation, change.needs_fields, change.places = first_operation, needs_fields, places
  change.flat, change.size, change.bytes, change.is_new = false, 0, 0, false
  return change
end

local function parse_events()
  if at == #args then
    return NOTHING
  end

  local count = math.floor((#args - at) / 2)
  if count > MAX_EVENTS then
    fail('HFLIMIT', 'a commit has at most ' .. MAX_EVENTS .. ' events, not ' .. count)
  end

  local events = {}
  while at < #args do
    local event = { type = read_content(), payload = read_content() }
    event.bytes = #event.type + #event.payload
    if event.bytes > MAX_EVENT_BYTES then
      fail('HFLIMIT', 'an event has at most ' .. MAX_EVENT_BYTES .. ' bytes, not ' .. event.bytes)
    end

    events[#events + 1] = event
  end

  return events
end

local function parse_commit(keys)
  local run, marks, sequence_text = args[1], args[2], args[3]
  at = 3
  if run == '' then
    fail('HFARG', 'the run is empty')
  end

  local told = MARKS[marks]
  if not told then
    fail('HFARG', 'the second argument is m, w or s, and behind it r if there is a request id, n if it is sent for the first time, k if the client is kept in mind')
  end

  local sequence = parse_integer(sequence_text or '')
  if not sequence or sequence < 0 then
    fail_number(sequence_text or '', 0, MAX_SAFE)
  end

  local fingerprint, window, before_records = false, false, 3
  if told % 2 == 1 then
    fingerprint, window, before_records = read_text(), read_integer(1, MAX_WINDOW), 4
    if fingerprint == '' or #fingerprint > MAX_FINGERPRINT_BYTES then
      fail('HFARG', 'a fingerprint has 1 to 255 bytes')
    end
  end

  local records = #keys - before_records
  if records < 0 then
    fail('HFARG', 'there are too few keys')
  elseif records > MAX_RECORDS then
    fail('HFLIMIT', 'a commit has at most ' .. MAX_RECORDS .. ' records, not ' .. records)
  end

  local changes = records == 1 and ONE_CHANGE or {}
  for i = 1, records do
    changes[i] = parse_change(keys[before_records + i], i == 1 and FIRST_CHANGE or {})
  end

  local events = parse_events()
  if bytes > MAX_COMMIT_BYTES then
    fail('HFLIMIT', 'a commit has at most ' .. MAX_COMMIT_BYTES .. ' bytes, not ' .. bytes)
  end

  local commit = COMMIT
  commit.keys, commit.changes, commit.events, commit.run = keys, changes, events, run
  commit.sequence, commit.sequence_text, commit.is_first, commit.is_kept = sequence, sequence_text, told % 4 >= 2, told >= 4
  commit.request_key, commit.fingerprint, commit.window = fingerprint and keys[4], fingerprint, window
  return commit
end

local function load_head(key)
  local values = call('HMGET', key, 'rev', 'run', 'term')
  local head, revision = HEAD, values[1] or '0'
  head.key, head.revision, head.revision_text, head.run, head.term = key, tonumber(revision), revision, values[2] or '', values[3] or '0'
  head.is_changed, head.is_opened, head.terms, head.trim, head.journal_bytes = false, false, false, false, 0
  return head
end

-- Forgets the oldest terms, so that the last 64 remain.
local function last_terms(terms)
  local _, commas = string.gsub(terms, ',', '')
  for _ = 1, commas + 1 - MAX_TERMS do
    terms = string.sub(terms, find(terms, ',', 1, true) + 1)
  end

  return terms
end

local function tenure_now()
  local facts = call('INFO', 'server', 'replication')
  return string.sub(match(facts, 'run_id:(%x+)'), 1, 20) .. string.sub(match(facts, 'master_replid:(%x+)'), 1, 20)
end

-- Opens a term if the partition was served last in another tenure. Only computes: save_head writes. Who names a tenure that is over or was never has to
-- learn it anew: one that named any would open term after term.
local function ensure_term(head, run)
  if head.run == run and run == tenure then
    return
  end

  tenure = tenure_now()
  if run ~= tenure then
    fail('HFRUN', "the run is not the server's, or not any more")
  elseif head.run == run then
    return
  end

  local terms = call('HGET', head.key, 'terms')
  head.run = run

  -- Where the clock is behind, two servers that go on from one and the same term, one of which is lost, must not both open the next one.
  local last, time = tonumber(head.term), now()
  head.term = text_of(time > last and time or last + 1 + tonumber(string.sub(run, -5), 16))
  local opened = head.term .. ':' .. head.revision_text
  head.terms = last_terms(terms and terms .. ',' .. opened or opened)
  head.is_opened = true
end

local function save_head(head)
  if head.is_opened then
    call('HSET', head.key, 'rev', head.revision_text, 'run', head.run, 'term', head.term, 'terms', head.terms)
  else
    call('HSET', head.key, 'rev', head.revision_text)
  end
end

-- Loads the change's record: `flat` holds the names and values of the hash, `size` of them, or is false for one that is absent, and
-- `places` learns where in it the values stand that somebody asks for. `bytes` counts what is the application's.
local function load_record(change)
  local flat, places = call('HGETALL', change.key), change.places
  local size, total = #flat, 0
  places['@born'] = 0
  if size == 0 then
    return
  end

  for i = 2, size, 2 do
    local name, value = flat[i - 1], flat[i]
    total = total + #name + #value
    if places[name] then
      places[name] = i
    end
  end

  local revision, birth = flat[places['@rev']], flat[places['@born']]
  change.flat, change.size = flat, size
  change.bytes = total - (revision and #revision + 4 or 0) - (birth and #birth + 5 or 0)
end

-- Answers false: the caller holds another record, if any.
local function check_held(change)
  for i = change.first - 2, change.first - 1 do
    local number = parse_integer(args[i])
    if not number or number < 1 then
      at = i
      fail_number(args[i], 1, MAX_SAFE)
    end
  end

  return false
end

-- Loads of a record that the caller holds only what the change is about; false if it is another by now. A revision names a record's fields
-- in one term only: a store that lost commits may give it once more.
local function load_held(change, head)
  if change.held_term ~= head.term then
    return check_held(change)
  end

  local places = change.places
  local names, size = NAMES, 1
  for name, place in pairs(places) do
    if place and name ~= '@rev' then
      size = size + 1
      names[size] = name
    end
  end

  local values = call('HMGET', change.key, unpack(names, 1, size))
  if values[1] ~= change.held_revision then
    return check_held(change)
  end

  local flat, filled = change == FIRST_CHANGE and HELD or {}, 0
  for i = 1, size do
    local value = values[i]
    if value then
      flat[filled + 1], flat[filled + 2] = names[i], value
      filled = filled + 2
      places[names[i]] = filled
    end
  end

  change.flat, change.size, change.is_held = flat, filled, true
  return true
end

-- The two fields that are Holdfast's own, however large the record is; nil when it is absent. A hash that another program made is of
-- revision 0.
local function read_metadata(key)
  local values = call('HMGET', key, '@rev', '@born')
  if values[1] or call('EXISTS', key) == 1 then
    return { '@rev', values[1] or '0', '@born', values[2] or '0' }
  end

  return nil
end

local function load_metadata(change)
  local flat = read_metadata(change.key)
  if flat then
    change.flat, change.size = flat, 4
    change.places['@rev'], change.places['@born'] = 2, 4
  end
end

local function metadata_of(change)
  local flat, places = change.flat, change.places
  return { '@rev', flat[places['@rev']] or '0', '@born', flat[places['@born']] or '0' }
end

local function record_reply(key, flat)
  return flat and flat[1] and { call('PTTL', key), flat } or false
end

-- Answers the index of the first condition that does not hold, from 0; nil when all hold. Revisions and births are compared as texts:
-- decimal numbers have one form.
local function broken_condition(change)
  local marks, places, flat = change.marks, change.places, change.flat
  local value = change.first
  for i = change.condition_index, change.expiry_index - 1 do
    local mark = byte(marks, i)
    local holds
    if mark == BIRTH then
      holds = flat and (flat[places['@born']] or '0') == args[value]
      value = value + 1
    elseif mark == ABSENT then
      holds = not flat
    elseif mark == EXISTS then
      holds = flat
    elseif mark == REVISION then
      holds = flat and (flat[places['@rev']] or '0') == args[value]
      value = value + 1
    else
      local place = places[args[value]]
      holds = place == 0
      if mark == FIELD then
        holds = not holds and flat[place] == args[value + 1]
        value = value + 1
      end

      value = value + 1
    end

    if not holds then
      return i - change.condition_index
    end
  end

  return nil
end

-- Gives the field a value, or takes it away: then the last one of the record gets its place.
local function give(change, field, value)
  local flat, places = change.flat, change.places
  local place = places[field]
  if value and place > 0 then
    change.bytes = change.bytes + #value - #flat[place]
    flat[place] = value
  elseif value then
    local size = change.size + 2
    flat[size - 1], flat[size] = field, value
    change.size, places[field] = size, size
    change.bytes = change.bytes + #field + #value
  elseif place > 0 then
    local size = change.size
    local last = flat[size - 1]
    change.bytes = change.bytes - #field - #flat[place]
    flat[place - 1], flat[place] = last, flat[size]
    flat[size - 1], flat[size] = nil, nil
    if places[last] then
      places[last] = place
    end

    change.size, places[field] = size - 2, 0
  end
end

local function counter_of(change, field)
  local text = change.flat[change.places[field]]
  return text and (parse_integer(text) or fail('HFLIMIT', "field '" .. field .. "' holds no counter"))
end

local function counted(change, mark, field, number)
  local old = counter_of(change, field)
  if mark == MAX then
    return text_of(old and math.max(old, number) or number)
  end

  local sum = (old or 0) + number
  if sum > MAX_SAFE or sum < -MAX_SAFE then
    fail('HFLIMIT', "counter '" .. field .. "' would leave its range of plus or minus 2^53 - 1")
  end

  return text_of(sum)
end

-- Computes an update's record in memory, or as much of it as the caller does not hold.
local function apply_update(change)
  local marks, places, at_value = change.marks, change.places, change.first_operation
  change.is_new = not change.flat
  change.flat = change.flat or {}
  for i = change.expiry_index + 1, #marks do
    local mark, field = byte(marks, i), args[at_value + 1]
    if mark == SET then
      give(change, field, args[at_value + 2])
      at_value = at_value + 2
    elseif mark == REMOVE then
      give(change, field, false)
      at_value = at_value + 1
    else
      give(change, field, counted(change, mark, field, tonumber(args[at_value + 2])))
      at_value = at_value + 2
    end
  end

  -- Of a record that it holds the caller knows how large it will be.
  if change.is_held then
    return
  end

  local fields = change.size / 2 - (places['@rev'] > 0 and 1 or 0) - (places['@born'] > 0 and 1 or 0)
  if fields > MAX_FIELDS then
    fail('HFLIMIT', 'a record has at most ' .. MAX_FIELDS .. ' fields, not ' .. fields)
  elseif change.bytes > MAX_RECORD_BYTES then
    fail('HFLIMIT', 'a record has at most ' .. MAX_RECORD_BYTES .. ' bytes, not ' .. change.bytes)
  end
end

-- Moves the expiry, and tells it: what was just set need not be asked for.
local function write_expiry(change)
  local expiry, key = change.expiry, change.key
  if expiry == AFTER then
    call('PEXPIRE', key, args[change.first_operation])
    return change.life
  elseif expiry == NEVER then
    call('PERSIST', key)
    return -1
  end

  return call('PTTL', key)
end

local function call_in_steps(command, key, arguments, size)
  for i = 1, size, CALL_MOST do
    call(command, key, unpack(arguments, i, math.min(i + CALL_MOST - 1, size)))
  end
end

-- Writes what became of the fields that operations were about, and answers the record.
local function write_update(change, head)
  local marks, places, flat = change.marks, change.places, change.flat
  give(change, '@rev', head.revision_text)
  local sets, size = #marks <= MAX_HELD_MARKS and SETS or { '@rev' }, 2
  sets[2] = head.revision_text
  if places['@born'] == 0 then
    -- What another program made was born at revision 0.
    local birth = change.is_new and head.revision_text or '0'
    give(change, '@born', birth)
    sets[3], sets[4], size = '@born', birth, 4
  end

  local removals = NOTHING
  local at_value = change.first_operation + 1
  for i = change.expiry_index + 1, #marks do
    local field = args[at_value]
    local place = places[field]
    if place > 0 then
      sets[size + 1], sets[size + 2] = field, flat[place]
      size = size + 2
    else
      removals = removals == NOTHING and {} or removals
      removals[#removals + 1] = field
    end

    at_value = at_value + (byte(marks, i) == REMOVE and 1 or 2)
  end

  if size <= CALL_MOST then
    call('HSET', change.key, unpack(sets, 1, size))
  else
    call_in_steps('HSET', change.key, sets, size)
  end

  if removals ~= NOTHING then
    call_in_steps('HDEL', change.key, removals, #removals)
  end

  local life = write_expiry(change)
  return change.is_held and life or { life, flat }
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

-- Tracking forgets a key for everybody when it changes, and remembers what the next read command reads, or on a server before version 7.2
-- all keys of the function: the caller's NOLOOP would otherwise leave it without pushes for what it has just written.
local function track_again(commit, head)
  local changes = commit.changes
  if #changes == 1 then
    call('EXISTS', head.key, changes[1].key)
    return
  end

  local keys = { head.key }
  for i = 1, #changes do
    keys[i + 1] = changes[i].key
  end

  call('EXISTS', unpack(keys))
end

local function answer(head, reply)
  if head.is_opened then
    save_head(head)
    call('EXISTS', head.key)
  end

  return reply
end

local function replay(outcome, commit, head, term, revision)
  local records = {}
  for i, change in ipairs(commit.changes) do
    local key = change.key
    records[i] = record_reply(key, change.kind == KEEP and read_metadata(key) or change.kind ~= KEEP and call('HGETALL', key))
  end

  return answer(head, { outcome, term, revision, records })
end

-- The answer to a commit that was made before under the same sequence or request id; nil for one that was not.
local function repeated(commit, head)
  local sequence = commit.sequence
  -- Whoever opens a term may come late, from a connection that led to another process of the store meanwhile: that one's word is not taken.
  if sequence > 0 and (head.is_opened or not commit.is_first) then
    local remembered = call('HGET', commit.keys[3], SLOTS[sequence % RING])
    local last = remembered and tonumber(match(remembered, '^%d+')) or 0
    if last == sequence then
      return replay('repeat', commit, head, match(remembered, '^%d+ (%d+) (%d+)$'))
    elseif last > sequence then
      fail('HFARG', 'the sequence is older than the last ' .. RING .. ' of the client')
    end
  end

  if commit.request_key then
    local remembered = call('GET', commit.request_key)
    local term, revision, fingerprint = match(remembered or '', '^(%d+) (%d+) (.*)$')
    if fingerprint == commit.fingerprint then
      return replay('replay', commit, head, term, revision)
    elseif fingerprint then
      return answer(head, { 'different', term, revision })
    end
  end

  return nil
end

-- Loads the records and answers the first condition that does not hold; nil when all hold.
local function refused(commit, head)
  local changes = commit.changes
  for i = 1, #changes do
    local change = changes[i]
    if not change.needs_fields then
      load_metadata(change)
    elseif not change.held_revision or not load_held(change, head) then
      load_record(change)
    end

    local broken = broken_condition(change)
    if broken then
      local flat = change.needs_fields and not change.is_held and change.flat or call('HGETALL', change.key)
      return answer(head, { 'refused', head.term, head.revision_text, i - 1, broken, record_reply(change.key, flat) })
    end
  end

  return nil
end

-- Computes all that the commit makes of its records, and whether it takes a revision.
local function compute(commit)
  local takes_revision = commit.events ~= NOTHING
  local changes = commit.changes
  for i = 1, #changes do
    local change = changes[i]
    if change.kind == UPDATE then
      apply_update(change)
      takes_revision = true
    elseif change.kind == DELETE and change.flat then
      takes_revision = true
    end
  end

  return takes_revision
end

local function write_changes(commit, head)
  local records = {}
  local changes = commit.changes
  for i = 1, #changes do
    local change = changes[i]
    records[i] = false
    if change.kind == UPDATE then
      records[i] = write_update(change, head)
    elseif change.kind == DELETE then
      call('DEL', change.key)
    elseif change.flat then
      records[i] = { write_expiry(change), metadata_of(change) }
    end
  end

  return records
end

local function remember(commit, head)
  local sequence = commit.sequence
  if sequence > 0 then
    local key = commit.keys[3]
    local made = commit.sequence_text .. ' ' .. head.term .. ' ' .. head.revision_text
    if call('HSET', key, SLOTS[sequence % RING], made) == 1 or head.is_opened or not commit.is_kept then
      call('PEXPIRE', key, RING_TIME)
    end
  end

  if commit.request_key then
    local made = head.term .. ' ' .. head.revision_text .. ' ' .. commit.fingerprint
    call('SET', commit.request_key, made, 'PX', text_of(commit.window))
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
    head.revision_text = text_of(head.revision)
    head.is_changed = true
  end

  -- The journal first: an append is the one write that can still fail, when the head was lost and the journal was not.
  write_journal(commit, head)
  local records = write_changes(commit, head)
  remember(commit, head)
  if head.is_changed or head.is_opened then
    save_head(head)
  end

  track_again(commit, head)
  return { 'ok', head.term, head.revision_text, records }
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
    if change.kind == UPDATE then
      fail('HFARG', 'a removal updates nothing')
    end
  end

  return make(commit)
end

local function hf1_read(keys, given)
  begin(given)
  local head = load_head(keys[1])
  local reply = { head.run, head.term, head.revision_text }
  for i = 2, #keys do
    reply[i + 2] = record_reply(keys[i], call('HGETALL', keys[i]))
  end

  return reply
end

local function hf1_open(keys, given)
  begin(given)
  local head = load_head(keys[1])
  ensure_term(head, read_text())
  local terms = {}
  for term, found in string.gmatch(head.terms or call('HGET', keys[1], 'terms') or '', '(%d+):(%d+)') do
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
  return { head.run, head.term, head.revision_text, gap, events }
end

redis.register_function({ function_name = 'hf1_digest', callback = function() return DIGEST end, flags = { 'no-writes' } })
redis.register_function('hf1_commit', hf1_commit)
redis.register_function({ function_name = 'hf1_remove', callback = hf1_remove, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'hf1_open', callback = hf1_open, flags = { 'allow-oom' } })
redis.register_function({ function_name = 'hf1_read', callback = hf1_read, flags = { 'no-writes' } })
redis.register_function({ function_name = 'hf1_journal', callback = hf1_journal, flags = { 'no-writes' } })
