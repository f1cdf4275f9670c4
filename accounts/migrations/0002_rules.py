"""Rules of accounts that PostgreSQL keeps besides the actions: one place at a time, no forbidden pair of roles.

An exclusion constraint over (subject, period) would need the extension btree_gist, which not every server has. The
trigger takes a lock per subject for the transaction, so that two overlapping rows cannot be written side by side.
"""

from __future__ import annotations

from django.db import migrations

RULES = """
CREATE FUNCTION accounts_one_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('place ' || NEW.subject_id, 0));
    IF isempty(NEW.period) THEN
        RAISE EXCEPTION 'the period of a work location is empty'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_place_at_a_time';
    END IF;
    IF EXISTS (
        SELECT 1 FROM accounts_worklocation other
        WHERE other.subject_id = NEW.subject_id AND other.id <> NEW.id AND other.period && NEW.period
    ) THEN
        RAISE EXCEPTION 'two work locations of one subject overlap'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'one_place_at_a_time';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER one_place_at_a_time BEFORE INSERT OR UPDATE ON accounts_worklocation
    FOR EACH ROW EXECUTE FUNCTION accounts_one_place();

CREATE FUNCTION accounts_separate_duties() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revoked_at IS NOT NULL THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('roles ' || NEW.user_id, 0));
    IF EXISTS (
        SELECT 1 FROM accounts_rolegrant other
        WHERE other.user_id = NEW.user_id AND other.id <> NEW.id AND other.revoked_at IS NULL
          AND other.role <> NEW.role
          AND ('auditor' IN (other.role, NEW.role) OR 'privacy_officer' IN (other.role, NEW.role))
    ) THEN
        RAISE EXCEPTION 'these two roles cannot be held together'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'duties_are_separate';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER duties_are_separate BEFORE INSERT OR UPDATE ON accounts_rolegrant
    FOR EACH ROW EXECUTE FUNCTION accounts_separate_duties();
"""

UNDO = """
DROP TRIGGER one_place_at_a_time ON accounts_worklocation;
DROP FUNCTION accounts_one_place();
DROP TRIGGER duties_are_separate ON accounts_rolegrant;
DROP FUNCTION accounts_separate_duties();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(RULES, UNDO)]
