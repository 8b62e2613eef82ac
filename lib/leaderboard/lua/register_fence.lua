-- Registers a run's fence before it loads: from now on an older run cannot publish.
-- KEYS: 1 meta. ARGV: 1 fence, 2 'force' to register even where a later fence stands (after the
-- database was restored or exchanged). Returns 0, or the later fence that stands.
local standing = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0')
if standing > tonumber(ARGV[1]) and ARGV[2] ~= 'force' then
  return standing
end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
return 0
