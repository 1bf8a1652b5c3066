-- Begin to append: take the log, then read its end. All of it in one round trip, but not in libpq's
-- pipeline, after which PostgreSQL does not notice that a session is idle in its transaction.
BEGIN ISOLATION LEVEL READ COMMITTED;
-- A weaker durability than ours is raised, a stronger one is kept.
SELECT set_config('lock_timeout', {busy}, true),
       set_config('idle_in_transaction_session_timeout', {frozen}, true),
       CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
            THEN set_config('synchronous_commit', 'on', true) END;
SELECT pg_advisory_xact_lock({key});
-- What follows is a statement of its own: it sees what was committed while the lock was waited for.
