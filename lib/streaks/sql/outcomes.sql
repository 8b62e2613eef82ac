-- What became of the streaks that were judged.
-- Result: one row of counts. Reads only.
SELECT count(*) AS judged,
       count(*) FILTER (WHERE coalesce(before, 0) = 0 AND streak > 0) AS started,
       count(*) FILTER (WHERE before > 0 AND streak > before) AS extended,
       count(*) FILTER (WHERE before > 0 AND streak = 0) AS broken,
       count(*) FILTER (WHERE streak > 0 AND streak < before) AS shortened
  FROM verdicts
