"""Approvals that end, a cool-down before the signature, and requests for changes, as the database sees them.

- An approval counts until its last day, unless it was taken back; one counts for each person and role.
- A version that adds sensitive signals waits, and becomes approved only when its time has come and its
  approvals still count. What was approved and not signed may go back to review; nothing else does.
- The first release of a version needs approvals that count on that day.
- Withdrawals and comments are kept as they are.
"""

from __future__ import annotations

from importlib import import_module

from django.db import migrations

COUNTING = """
DROP FUNCTION capture_policies_has_approvals(uuid, text);
CREATE FUNCTION capture_policies_has_approvals(version uuid, direction text, moment timestamptz)
RETURNS boolean LANGUAGE sql AS $$
  SELECT CASE WHEN $2 = 'wider'
    THEN count(*) FILTER (WHERE a.role = 'privacy_officer') > 0
     AND count(*) FILTER (WHERE a.role IN ('admin', 'ml_staff')) > 0
    ELSE count(*) > 0 OR ($2 = 'narrower' AND EXISTS (
      SELECT 1 FROM capture_policies_narrowing n WHERE n.version_id = $1)) END
  FROM capture_policies_approval a
  WHERE a.version_id = $1 AND a.decision = 'approve' AND a.valid_until > $3
    AND NOT EXISTS (SELECT 1 FROM capture_policies_approvalwithdrawal w WHERE w.approval_id = a.id)
$$;
"""

VERSIONS = """
CREATE OR REPLACE FUNCTION capture_policies_version_updated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moment timestamptz := coalesce(NEW.decided_at, now());
BEGIN
  IF (NEW.id, NEW.number, NEW.body, NEW.digest, NEW.ruleset_digest, NEW.direction, NEW.title,
      NEW.justification, NEW.author_id, NEW.submitted_at)
     IS DISTINCT FROM
     (OLD.id, OLD.number, OLD.body, OLD.digest, OLD.ruleset_digest, OLD.direction, OLD.title,
      OLD.justification, OLD.author_id, OLD.submitted_at)
     OR NEW.compared_with_id IS DISTINCT FROM OLD.compared_with_id
     OR NEW.draft_id IS DISTINCT FROM OLD.draft_id
     OR NEW.replaces_id IS DISTINCT FROM OLD.replaces_id
     OR NEW.cool_down_until IS DISTINCT FROM OLD.cool_down_until THEN
    RAISE EXCEPTION 'a version is immutable' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF NOT (OLD.state IN ('in_review', 'waiting')
          OR (OLD.state = 'approved' AND NEW.state = 'in_review' AND NOT EXISTS (
                SELECT 1 FROM capture_policies_release r WHERE r.version_id = OLD.id))) THEN
    RAISE EXCEPTION 'a version is decided once' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state IN ('waiting', 'approved')
     AND NOT capture_policies_has_approvals(NEW.id, NEW.direction, moment) THEN
    RAISE EXCEPTION 'this version lacks approvals' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = 'approved' AND NEW.cool_down_until > moment THEN
    RAISE EXCEPTION 'the cool-down of this version is not over' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""

APPROVALS = """
CREATE OR REPLACE FUNCTION capture_policies_approval_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found capture_policies_policyversion%ROWTYPE;
BEGIN
  SELECT * INTO found FROM capture_policies_policyversion WHERE id = NEW.version_id FOR UPDATE;
  IF NEW.digest <> found.digest OR NEW.version_author_id <> found.author_id THEN
    RAISE EXCEPTION 'an approval is of exactly these bytes by this author' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT (found.state = 'in_review' OR (found.state = 'waiting' AND NEW.decision <> 'approve')) THEN
    RAISE EXCEPTION 'this version was decided already' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.decision = 'approve' AND EXISTS (
    SELECT 1 FROM capture_policies_approval a
    WHERE a.version_id = NEW.version_id AND a.decision = 'approve' AND a.valid_until > NEW.at
      AND (a.approver_id = NEW.approver_id OR a.role = NEW.role)
      AND NOT EXISTS (SELECT 1 FROM capture_policies_approvalwithdrawal w WHERE w.approval_id = a.id)
  ) THEN
    RAISE EXCEPTION 'this person or this role has approved already' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION capture_policies_withdrawal_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM capture_policies_approval a JOIN capture_policies_policyversion v ON v.id = a.version_id
    WHERE a.id = NEW.approval_id AND a.decision = 'approve' AND v.state IN ('in_review', 'waiting')
  ) THEN
    RAISE EXCEPTION 'only an approval of an open version is taken back' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER withdrawal_inserted BEFORE INSERT ON capture_policies_approvalwithdrawal
  FOR EACH ROW EXECUTE FUNCTION capture_policies_withdrawal_inserted();
CREATE TRIGGER withdrawal_kept BEFORE UPDATE OR DELETE ON capture_policies_approvalwithdrawal
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
CREATE TRIGGER comment_kept BEFORE UPDATE OR DELETE ON capture_policies_versioncomment
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
"""

RELEASES = """
CREATE OR REPLACE FUNCTION capture_policies_release_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found capture_policies_policyversion%ROWTYPE;
BEGIN
  SELECT * INTO found FROM capture_policies_policyversion WHERE id = NEW.version_id;
  IF found.state <> 'approved' OR NEW.digest <> found.digest THEN
    RAISE EXCEPTION 'a release carries the bytes of an approved version' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.number <= (SELECT coalesce(max(number), 0) FROM capture_policies_release) THEN
    RAISE EXCEPTION 'release numbers only grow' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM capture_policies_release r WHERE r.version_id = NEW.version_id)
     AND NOT capture_policies_has_approvals(found.id, found.direction, NEW.created_at) THEN
    RAISE EXCEPTION 'the approvals of this version have ended' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""

first = import_module("capture_policies.migrations.0002_rules")
narrowing = import_module("capture_policies.migrations.0004_narrowing_rules")


def _functions(sql: str) -> str:
    """The functions of an earlier migration, without its triggers, which are there."""
    return sql.split("CREATE TRIGGER")[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


BACK = (
    "DROP TRIGGER comment_kept ON capture_policies_versioncomment;"
    "DROP TRIGGER withdrawal_kept ON capture_policies_approvalwithdrawal;"
    "DROP FUNCTION capture_policies_withdrawal_inserted() CASCADE;"
    + _functions(first.VERSIONS)
    + _functions(first.APPROVALS)
    + _functions(first.RELEASES)
    + "DROP FUNCTION capture_policies_has_approvals(uuid, text, timestamptz);"
    + "CREATE OR REPLACE"
    + narrowing.NARROWING.split("CREATE OR REPLACE")[1]
)


class Migration(migrations.Migration):
    dependencies = [("capture_policies", "0007_approval")]

    operations = [migrations.RunSQL(COUNTING + VERSIONS + APPROVALS + RELEASES, BACK)]
