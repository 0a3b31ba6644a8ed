// The scripts read or change several things in one step. Redis runs nothing else meanwhile. All numbers in replies
// are text, since a client may be set to return numbers as numbers or as text. For the offsets see stored-value.ts.
//
// The index is a sorted set of the paths. All scores are 0, so that Redis orders the paths by their bytes. Two kinds
// of members are not paths. They begin with a byte that no path may contain. The member "\0complete" says that the
// index lacks no object. The member "\0rebuild:..." says that one listing is filling the index. Redis may evict an
// index like any other key. The next write then begins a new index without the mark, and the next listing fills it
// from the keys.

// The index is not told when an object expires or is evicted. So each write checks a few random paths, as Redis' own
// expiry does. While writes go on, such paths are on average not more than a third of all paths. A listing drops the
// ones that it meets. A write changes the index before the object. If the index key has another type, the script
// fails before it changes anything.
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
 * Writes an object.
 *
 * KEYS: object, index. ARGV: path, value, its etag, `ttl` or "", condition ("", "absent" or "match"), the etag to
 * match. The reply is `ok` and the time, `exists`, or `changed`.
 *
 * A client may send a write again if it got no answer. The condition then holds if the first write succeeded.
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

/**
 * Deletes an object. KEYS: object, index. ARGV: path, condition ("" or "match"), the etag to match. The reply is `ok`
 * or `changed`.
 */
export const DELETE = `
if ARGV[2] ~= '' then
  local current = redis.call('GETRANGE', KEYS[1], 4, 25)
  if current == '' or current ~= ARGV[3] then return 'changed' end
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('UNLINK', KEYS[1])
return 'ok'`;

/**
 * Copies an object. KEYS: source, target, index. ARGV: path of the target, its etag, `ttl` or "". The reply is that
 * of {@link READ}, or null if the source is missing.
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
 * Reads an object or a range of it.
 *
 * KEYS: object. ARGV: offset, length ("" means to the end), `ttl` to restart or "". The reply is header with
 * attributes, size of the value, and range. It is null if the object is missing.
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
 * Lists a page of objects.
 *
 * KEYS: index. ARGV: least and greatest path in the form of ZRANGEBYLEX, most objects wanted, most paths to look at.
 * The reply is null if the index is not complete. Otherwise it begins with the path to continue after ("" at the
 * end). Then it has the path, the header and the size of the value of each object.
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
 * Puts a page of the keys into the index.
 *
 * KEYS: index. ARGV: cursor of SCAN, token of this listing, "begin" or "". The reply is the next cursor, `complete`,
 * or `lost` if the index disappeared since the beginning. The script may run while Redis is out of memory, since a
 * caller must list objects to find out which ones to delete.
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
