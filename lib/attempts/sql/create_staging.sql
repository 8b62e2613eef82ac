-- Where a file's rows wait to be compared with the table; gone with the transaction.
CREATE TEMPORARY TABLE attempts_staged (
    line         bigint NOT NULL,
    user_id      nightshift.user_id NOT NULL,
    question_id  nightshift.question_id NOT NULL,
    is_correct   boolean NOT NULL,
    skipped      boolean NOT NULL,
    attempted_at timestamptz NOT NULL,
    event_id     text
) ON COMMIT DROP
