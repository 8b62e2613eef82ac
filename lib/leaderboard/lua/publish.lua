-- Swaps a fully loaded board in for the live one, or changes nothing.
-- KEYS: 1 document, 2 ranks, 3 meta; 4 5 6 the same, next; 7 8 names for the old document, ranks.
-- ARGV: 1 fence, 2 users ranked, 3 as_of (Unix microseconds), 4 time to live in seconds,
--       5 'force' to replace a board of a later as_of.
-- Returns {'published'}, or {'absent'} (Redis lost the fence), {'fenced', fence},
-- {'incomplete', users found}, {'older', as_of of the live board}.
-- Only RENAME, EXPIRE, PERSIST and UNLINK: under noeviction a SET or HSET fails when memory is
-- full, these do not. The old keys step aside first, as RENAME onto a big set frees it at once
-- and blocks everybody; UNLINK frees it in the background.
local fence = redis.call('HGET', KEYS[3], 'fence')
if not fence then return {'absent'} end
if fence ~= ARGV[1] then return {'fenced', fence} end

local users = tonumber(ARGV[2])
local loaded = redis.call('ZCARD', KEYS[5])
if loaded ~= users or redis.call('EXISTS', KEYS[4], KEYS[6]) ~= 2 then
  return {'incomplete', tostring(loaded)}
end
local as_of = redis.call('HGET', KEYS[3], 'as_of')
if as_of and tonumber(as_of) > tonumber(ARGV[3]) and ARGV[5] ~= 'force' then
  return {'older', as_of}
end

-- Whatever is not permitted must fail here, while nothing is changed. RENAME keeps an expiry.
redis.call('UNLINK', KEYS[7], KEYS[8])
redis.call('EXPIRE', KEYS[4], ARGV[4])
redis.call('EXPIRE', KEYS[5], ARGV[4])
redis.call('PERSIST', KEYS[6])

if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[7]) end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[8]) end
redis.call('RENAME', KEYS[4], KEYS[1])
if users > 0 then redis.call('RENAME', KEYS[5], KEYS[2]) end
redis.call('RENAME', KEYS[6], KEYS[3])
redis.call('UNLINK', KEYS[7], KEYS[8])
return {'published'}
