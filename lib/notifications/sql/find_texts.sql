-- Which template each language means that users have, as they have it written: pt_BR.UTF-8 is pt-BR, else pt, else
-- English.
-- Reads named and plan_locales. Fills plan_texts.
INSERT INTO plan_texts (kind, wanted, locale, version, category, priority, is_chosen, lasts)
SELECT k.kind, u.wanted, t.locale, t.version, k.category, k.priority, k.is_chosen, k.lasts
  FROM plan_kinds k
 CROSS JOIN (SELECT DISTINCT locale AS wanted FROM named) AS u
 CROSS JOIN LATERAL (SELECT lower(replace(split_part(u.wanted, '.', 1), '_', '-')) AS key) AS n
 CROSS JOIN LATERAL (
    SELECT l.locale, l.version
      FROM plan_locales l
     WHERE l.kind = k.kind AND (l.key = 'en' OR n.key = l.key OR starts_with(n.key, l.key || '-'))
     ORDER BY n.key = l.key OR starts_with(n.key, l.key || '-') DESC, length(l.key) DESC
     LIMIT 1) AS t
