"""A trip lies over the base place: only rows of the same kind may not overlap."""

from __future__ import annotations

from django.db import migrations

RULE = """
CREATE OR REPLACE FUNCTION accounts_one_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('place ' || NEW.subject_id, 0));
    IF isempty(NEW.period) THEN
        RAISE EXCEPTION 'the period of a work location is empty'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_place_at_a_time';
    END IF;
    IF NEW.source = 'trip' AND upper_inf(NEW.period) THEN
        RAISE EXCEPTION 'a trip has an end'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'one_place_at_a_time';
    END IF;
    IF EXISTS (
        SELECT 1 FROM accounts_worklocation other
        WHERE other.subject_id = NEW.subject_id AND other.id <> NEW.id AND other.period && NEW.period
          AND (other.source = 'trip') = (NEW.source = 'trip')
    ) THEN
        RAISE EXCEPTION 'two work locations of one subject overlap'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'one_place_at_a_time';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_rules")]
    operations = [migrations.RunSQL(RULE, migrations.RunSQL.noop)]
