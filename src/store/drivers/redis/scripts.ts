// The scripts that change or read several things in one step. Redis runs nothing else meanwhile. All numbers are answered
// as text, since a client may be told to read numbers as either. For the offsets see stored-value.ts.
//
// The index is a sorted set of the paths, whose scores are all 0, so that Redis orders them by their bytes. Two kinds of
// members are no paths, and begin with a byte that no path may hold: "\0complete" says that no object is missing in the
// index, "\0rebuild:..." that one listing is filling it. Redis may evict an index as it may any key: the next write then
// begins a new one, which lacks the mark, and the next listing fills it from the keys.

// Of a path whose object has expired or was evicted, nothing tells the index. Each write looks at a few paths at random, as
// Redis' own expiry does: while writes go on, such paths are on average not more than a third of all. A listing drops those
// that it meets. The index is written before the object: when it is of another type, nothing has happened.
const TIDY = `
local function tidy(index)
  local objects = string.sub(index, 1, -6) .. 'object:'
  for _, path in ipairs(redis.call('ZRANDMEMBER', index, 3)) do
    if string.byte(path) ~= 0 and redis.call('EXISTS', objects .. path) == 0 then redis.call('ZREM', index, path) end
  end
end`;

const NOW = `
local function now()
  local time = redis.call('TIME')
  return string.format('%014.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end`;

/**
 * KEYS object, index; ARGV path, value, its etag, `ttl` or "", condition ("", "absent" or "match"), the etag to match.
 * Answers `ok` and the time, `exists`, or `changed`. The condition of a write that a client sends again, for want of an
 * answer, holds if the first one came through.
 */
export const WRITE = `${NOW}${TIDY}
local current = redis.call('GETRANGE', KEYS[1], 4, 25)
if ARGV[5] ~= '' and current ~= ARGV[3] then
  if ARGV[5] == 'absent' then
    if redis.call('EXISTS', KEYS[1]) == 1 then return { 'exists' } end
  elseif current == '' or current ~= ARGV[6] then
    return { 'changed' }
  end
end
redis.call('ZADD', KEYS[2], 0, ARGV[1])
if ARGV[4] == '' then redis.call('SET', KEYS[1], ARGV[2]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4]) end
local time = now()
redis.call('SETRANGE', KEYS[1], 26, time)
tidy(KEYS[2])
return { 'ok', time }`;

/** KEYS object, index; ARGV path, condition ("" or "match"), the etag to match. Answers `ok` or `changed`. */
export const DELETE = `
if ARGV[2] ~= '' then
  local current = redis.call('GETRANGE', KEYS[1], 4, 25)
  if current == '' or current ~= ARGV[3] then return 'changed' end
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('UNLINK', KEYS[1])
return 'ok'`;

/**
 * KEYS source, target, index; ARGV path of the target, its etag, `ttl` or "". Answers what {@link READ} does, or nothing
 * when the source is missing.
 */
export const COPY = `${NOW}${TIDY}
local header = redis.call('GETRANGE', KEYS[1], 0, 47)
if header == '' and redis.call('EXISTS', KEYS[1]) == 0 then return false end
if string.sub(header, 1, 4) ~= 'cc01' then return { header, '0', '' } end
redis.call('ZADD', KEYS[3], 0, ARGV[1])
if KEYS[1] ~= KEYS[2] then redis.call('COPY', KEYS[1], KEYS[2], 'REPLACE') end
redis.call('SETRANGE', KEYS[2], 4, ARGV[2] .. now())
if ARGV[3] == '' then redis.call('PERSIST', KEYS[2]) else redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
tidy(KEYS[3])
local begin = 48 + (tonumber(string.sub(header, 41, 48), 16) or 0)
return { redis.call('GETRANGE', KEYS[2], 0, begin - 1), tostring(redis.call('STRLEN', KEYS[2])), '' }`;

/**
 * KEYS object; ARGV offset, length ("" is to the end), `ttl` to begin anew or "". Answers header with attributes, the size
 * of the value, and the range; or nothing when the object is missing.
 */
export const READ = `
local header = redis.call('GETRANGE', KEYS[1], 0, 47)
if header == '' and redis.call('EXISTS', KEYS[1]) == 0 then return false end
if string.sub(header, 1, 4) ~= 'cc01' then return { header, '0', '' } end
if ARGV[3] ~= '' and redis.call('PTTL', KEYS[1]) >= 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
local size = redis.call('STRLEN', KEYS[1])
local begin = 48 + (tonumber(string.sub(header, 41, 48), 16) or 0)
local first = begin + tonumber(ARGV[1])
local last = size - 1
if ARGV[2] ~= '' then last = math.min(last, first + tonumber(ARGV[2]) - 1) end
local range = ''
if first <= last then range = redis.call('GETRANGE', KEYS[1], first, last) end
return { redis.call('GETRANGE', KEYS[1], 0, begin - 1), tostring(size), range }`;

/**
 * KEYS index; ARGV least and greatest path as ZRANGEBYLEX takes them, most objects wanted, most paths to look at. Answers
 * nothing when the index is not complete; else the path to go on after ("" at the end), and for each object its path, its
 * header and the size of its value.
 */
export const LIST = `
if redis.call('ZSCORE', KEYS[1], '\\0complete') == false then return false end
local objects = string.sub(KEYS[1], 1, -6) .. 'object:'
local wanted, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local paths = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, most)
local found, gone, last = {}, {}, ''
for _, path in ipairs(paths) do
  if #found == wanted * 3 then break end
  last = path
  local header = redis.call('GETRANGE', objects .. path, 0, 47)
  if header == '' and redis.call('EXISTS', objects .. path) == 0 then
    gone[#gone + 1] = path
  else
    found[#found + 1] = path
    found[#found + 1] = header
    found[#found + 1] = tostring(redis.call('STRLEN', objects .. path))
  end
end
if #gone > 0 then redis.call('ZREM', KEYS[1], unpack(gone)) end
if #paths < most and last == paths[#paths] then last = '' end
return { last, found }`;

/**
 * KEYS index; ARGV cursor of SCAN, token of this listing, "begin" or "". Puts a page of the keys into the index. Answers
 * the next cursor, `complete`, or `lost` when the index went away since the beginning. A full Redis allows it: whoever
 * wants to make room has to list.
 */
export const REBUILD = `#!lua flags=allow-oom
local index, mark = KEYS[1], '\\0rebuild:' .. ARGV[2]
if redis.call('ZSCORE', index, '\\0complete') then return 'complete' end
if ARGV[3] == 'begin' then redis.call('ZADD', index, 0, mark)
elseif redis.call('ZSCORE', index, mark) == false then return 'lost' end
local objects = string.sub(index, 1, -6) .. 'object:'
local pattern = string.gsub(objects, '[%*%?%[%]%^\\\\]', '\\\\%0') .. '*'
local page = redis.call('SCAN', ARGV[1], 'MATCH', pattern, 'COUNT', 1000)
for _, key in ipairs(page[2]) do redis.call('ZADD', index, 0, string.sub(key, #objects + 1)) end
if page[1] ~= '0' then return page[1] end
redis.call('ZREMRANGEBYLEX', index, '[\\0rebuild:', '(\\0rebuild;')
redis.call('ZADD', index, 0, '\\0complete')
return 'complete'`;
