-- Whether many learners are in a kind's window at its own hour, and they are a quarter of all.
-- Parameters: $1 the kind. Result: one row. Reads named, plan_kinds and windows.
SELECT coalesce(sum(n.users) FILTER (WHERE w.zone IS NOT NULL), 0) > greatest(10000, sum(n.users) / 4) AS is_crowd
  FROM named n
  JOIN plan_kinds k ON k.kind = $1::text
  LEFT JOIN windows w ON w.kind = k.kind AND w.hour = k.hour AND w.zone = n.zone
