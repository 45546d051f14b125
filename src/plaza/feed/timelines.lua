-- Timelines. One key is one reader's: a list of 16-byte ids, the newest first, each once.
--
-- The last element may begin with six zero bytes, where an id has the time it was made: then it is a
-- mark. END says that there is nothing older; any other mark is the token of who is building this
-- timeline. One without a mark is full: what is older than its last id is in Postgres only.

-- name: shared
local key = KEYS[1]
local MARK, END = string.rep('\0', 6), string.rep('\0', 16)

local function newer(one, other)
    -- By bytes: the operators for strings go by the locale of the server.
    for at = 1, 16 do
        local mine, yours = string.byte(one, at) or 0, string.byte(other, at) or 0
        if mine ~= yours then return mine > yours end
    end
    return false
end

local function last()
    -- What is none of ours is dropped: absent is never wrong, and nobody waits for it to change.
    local id = redis.pcall('LINDEX', key, -1)
    if type(id) == 'string' and #id == 16 then return id end
    if id then redis.call('UNLINK', key) end
    return false
end

local function token()
    local id = last()
    return id and id ~= END and string.sub(id, 1, 6) == MARK and id
end

local function put(id)
    if newer(id, redis.call('LINDEX', key, 0)) then return redis.call('LPUSH', key, id) end
    -- Older than all that a full timeline holds: appended, it would hide a gap.
    if newer(redis.call('LINDEX', key, -1), id) or redis.call('LPOS', key, id) then return end
    for _, each in ipairs(redis.call('LRANGE', key, 0, -1)) do
        if newer(id, each) then return redis.call('LINSERT', key, 'BEFORE', each, id) end
    end
end

local function trim(most)
    if redis.call('LLEN', key) > most then redis.call('LTRIM', key, 0, most - 1) end
end

-- name: push
-- ARGV: how many to hold at most; the ids. Only where there is a timeline, finished or not.
if not last() then return 0 end
for at = 2, #ARGV do put(ARGV[at]) end
if not token() then trim(tonumber(ARGV[1])) end
return 1

-- name: slice
-- ARGV: seconds to live from now on; the id to go on after, or nothing; how many.
if not last() or token() then return false end
redis.call('EXPIRE', key, ARGV[1])
local past, first = ARGV[2], 0
if past ~= '' then
    first = redis.call('LPOS', key, past)
    if first then
        first = first + 1
    else
        first = 0
        for _, each in ipairs(redis.call('LRANGE', key, 0, -1)) do
            if newer(past, each) then break end
            first = first + 1
        end
    end
end
local ids = table.concat(redis.call('LRANGE', key, first, first + tonumber(ARGV[3]) - 1))
if #ids % 16 == 0 then return ids end
redis.call('UNLINK', key) -- none of ours
return false

-- name: begin
-- ARGV: a token; seconds the building may take. Whether it is this one's to build.
if not last() then
    redis.call('RPUSH', key, ARGV[1])
    redis.call('EXPIRE', key, ARGV[2])
end
return token() == ARGV[1] and 1 or 0

-- name: finish
-- ARGV: the token; seconds to live; how many to hold at most; the ids that were read, and END if
-- they are all there are. What was pushed meanwhile is put among them.
if token() ~= ARGV[1] then return 0 end
local pushed = redis.call('LRANGE', key, 0, -2)
local ids = {}
for at = 1, #ARGV[4], 16 do ids[#ids + 1] = string.sub(ARGV[4], at, at + 15) end
redis.call('DEL', key)
redis.call('RPUSH', key, unpack(ids))
for _, each in ipairs(pushed) do put(each) end
trim(tonumber(ARGV[3]))
redis.call('EXPIRE', key, ARGV[2])
return 1
