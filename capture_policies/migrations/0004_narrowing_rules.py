"""What the database demands of a decision of one person: exactly these bytes, narrower than those they were
made from, kept for ever. With it a version becomes approved without approvals; nothing else does.
"""

from __future__ import annotations

from django.db import migrations

NARROWING = """
CREATE FUNCTION capture_policies_narrowing_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found capture_policies_policyversion%ROWTYPE;
BEGIN
  SELECT * INTO found FROM capture_policies_policyversion WHERE id = NEW.version_id;
  IF NEW.digest <> found.digest OR NEW.base_id IS DISTINCT FROM found.compared_with_id THEN
    RAISE EXCEPTION 'a narrowing is of exactly these bytes' USING ERRCODE = 'check_violation';
  END IF;
  IF found.direction <> 'narrower' OR found.state <> 'in_review' THEN
    RAISE EXCEPTION 'one person decides only on what captures less' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER narrowing_inserted BEFORE INSERT ON capture_policies_narrowing
  FOR EACH ROW EXECUTE FUNCTION capture_policies_narrowing_inserted();
CREATE TRIGGER narrowing_kept BEFORE UPDATE OR DELETE ON capture_policies_narrowing
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
CREATE OR REPLACE FUNCTION capture_policies_has_approvals(version uuid, direction text) RETURNS boolean
LANGUAGE sql AS $$
  SELECT CASE WHEN $2 = 'wider'
    THEN count(*) FILTER (WHERE a.role = 'privacy_officer') > 0
     AND count(*) FILTER (WHERE a.role IN ('admin', 'ml_staff')) > 0
    ELSE count(*) > 0 OR ($2 = 'narrower' AND EXISTS (
      SELECT 1 FROM capture_policies_narrowing n WHERE n.version_id = $1)) END
  FROM capture_policies_approval a WHERE a.version_id = $1 AND a.decision = 'approve'
$$;
"""

BACK = """
CREATE OR REPLACE FUNCTION capture_policies_has_approvals(version uuid, direction text) RETURNS boolean
LANGUAGE sql AS $$
  SELECT CASE WHEN $2 = 'wider'
    THEN count(*) FILTER (WHERE a.role = 'privacy_officer') > 0
     AND count(*) FILTER (WHERE a.role IN ('admin', 'ml_staff')) > 0
    ELSE count(*) > 0 END
  FROM capture_policies_approval a WHERE a.version_id = $1 AND a.decision = 'approve'
$$;
DROP TRIGGER narrowing_kept ON capture_policies_narrowing;
DROP FUNCTION capture_policies_narrowing_inserted() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("capture_policies", "0003_narrowing_and_requests")]

    operations = [migrations.RunSQL(NARROWING, BACK)]
