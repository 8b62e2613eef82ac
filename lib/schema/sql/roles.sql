-- Who we are, and whether we may act as another role.
-- Parameters: $1 the other role, or NULL. Result: one row; is_member is NULL where there is no such
-- role. Reads only.
SELECT current_user AS login,
       CASE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = $1::text)
            THEN pg_has_role(session_user, $1::name, 'MEMBER') END AS is_member
