-- An app whose clients make the ids, with real instants.
CREATE TABLE users (
    id    uuid PRIMARY KEY,
    name  text NOT NULL,
    hidden_from_leaderboard boolean
);
CREATE TABLE questions (id uuid PRIMARY KEY, topic text);
CREATE TABLE attempts (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL,
    question_id  uuid NOT NULL,
    is_correct   boolean NOT NULL,
    skipped      boolean NOT NULL DEFAULT false,
    attempted_at timestamptz NOT NULL,
    device       text
);

INSERT INTO users SELECT md5('u' || n)::uuid, 'learner ' || n FROM generate_series(1, 50) AS n;
INSERT INTO questions SELECT md5('q' || n)::uuid FROM generate_series(1, 20) AS n;
INSERT INTO attempts
SELECT md5('a' || n)::uuid, md5('u' || n % 50 + 1)::uuid, md5('q' || n % 20 + 1)::uuid, n % 3 = 0,
       n % 7 = 0, '2026-03-10 12:00Z'::timestamptz - n * interval '1 minute', 'phone'
  FROM generate_series(1, 2000) AS n;
