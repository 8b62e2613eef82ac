-- The log's busiest 7 whole consecutive days in UTC: those with the most attempts that were not
-- skipped, the earliest of equals. Days without an attempt count like any other.
--
-- Parameters: now, a timestamptz (psql -v now=…): only days that are over by then are whole.
-- Result:     one row: first_day, last_day, as_of (the midnight after the last day, which closes
--             a window of 7 days on exactly these), attempts. No row: no day of the log is over.
-- Rests on:   one pass over public.attempts. Repeating it is safe, it only reads.
with counted as (
    select (attempted_at at time zone 'UTC')::date as day,
           count(*) filter (where skipped is not true) as attempts
    from public.attempts
    group by 1
),
week as (
    -- A week is told by its last day, so a log shorter than a week has one too.
    select last_day::date as last_day,
           sum(coalesce(attempts, 0)) over (
               order by last_day rows between 6 preceding and current row) as attempts
    from generate_series((select min(day) from counted)::timestamp,
                         (select max(day) from counted)::timestamp,
                         interval '1 day') as last_day
    left join counted on counted.day = last_day::date
)
select last_day - 6 as first_day,
       last_day,
       to_char(last_day + 1, 'YYYY-MM-DD"T00:00:00Z"') as as_of,
       attempts
from week
where last_day < (:'now'::timestamptz at time zone 'UTC')::date
order by attempts desc, last_day
limit 1;
