-- An app with text ids whose tables belong to a role of its own; skipped may be NULL.
-- {owner} and {login} are replaced by roles of the test.
CREATE ROLE {owner} LOGIN;
CREATE ROLE {login} LOGIN;
GRANT CREATE ON SCHEMA public TO {owner};
SET ROLE {owner};
CREATE TABLE users (id varchar(40) PRIMARY KEY, name text);
CREATE TABLE questions (id varchar(40) PRIMARY KEY);
CREATE TABLE attempts (
    id           varchar(40) PRIMARY KEY,
    user_id      varchar(40) NOT NULL,
    question_id  varchar(40) NOT NULL,
    is_correct   boolean NOT NULL,
    skipped      boolean,
    attempted_at timestamptz NOT NULL
);

INSERT INTO users SELECT 'usr_' || n, 'learner ' || n FROM generate_series(1, 50) AS n;
INSERT INTO questions SELECT 'q_' || n FROM generate_series(1, 20) AS n;
INSERT INTO attempts
SELECT 'att_' || n, 'usr_' || n % 50 + 1, 'q_' || n % 20 + 1, n % 3 = 0,
       CASE n % 7 WHEN 0 THEN true WHEN 1 THEN false END,
       '2026-03-10 12:00Z'::timestamptz - n * interval '1 minute'
  FROM generate_series(1, 2000) AS n;
RESET ROLE;
