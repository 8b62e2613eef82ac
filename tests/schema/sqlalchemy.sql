-- An app whose ORM made integer ids and times without a zone.
CREATE TABLE users (
    id            SERIAL PRIMARY KEY,
    name          VARCHAR(120) NOT NULL,
    email         VARCHAR(255) UNIQUE,
    password_hash VARCHAR(255) NOT NULL DEFAULT '',
    created_at    TIMESTAMP WITHOUT TIME ZONE DEFAULT now()
);
CREATE TABLE questions (
    id      SERIAL PRIMARY KEY,
    body    TEXT NOT NULL DEFAULT '',
    subject VARCHAR(80)
);
CREATE TABLE attempts (
    id           SERIAL PRIMARY KEY,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    question_id  INTEGER NOT NULL REFERENCES questions (id),
    is_correct   BOOLEAN NOT NULL,
    attempted_at TIMESTAMP WITHOUT TIME ZONE NOT NULL,
    answer       JSON
);
CREATE INDEX ix_attempts_user_id ON attempts (user_id);

INSERT INTO users (name, email)
SELECT 'learner ' || n, n || '@example.org' FROM generate_series(1, 50) AS n;
INSERT INTO questions (subject) SELECT 'physics' FROM generate_series(1, 20);
INSERT INTO attempts (user_id, question_id, is_correct, attempted_at, answer)
SELECT n % 50 + 1, n % 20 + 1, n % 3 = 0, TIMESTAMP '2026-03-10 12:00' - n * INTERVAL '1 minute', '{"a": 1}'
  FROM generate_series(1, 2000) AS n;
