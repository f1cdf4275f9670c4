"""Rules that hold even if the application is wrong: what is decided about is what is signed, by other people.

- The bytes of a version never change; its digest is that of its bytes; it starts in review and is decided
once.
- It becomes approved only with the approvals its direction needs.
- An approval names the digest and the author of its version; neither approvals nor versions are deleted.
- A release carries the digest of an approved version and the next number.
- Signed files do not change, except the timestamp.
"""

from __future__ import annotations

from django.db import migrations

VERSIONS = """
CREATE FUNCTION capture_policies_version_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'in_review' THEN
    RAISE EXCEPTION 'a version starts in review' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.digest <> encode(sha256(NEW.body), 'hex') THEN
    RAISE EXCEPTION 'the digest is not that of the bytes' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION capture_policies_version_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.number, NEW.body, NEW.digest, NEW.ruleset_digest, NEW.direction, NEW.title,
  NEW.justification,
      NEW.author_id, NEW.submitted_at)
     IS DISTINCT FROM
     (OLD.id, OLD.number, OLD.body, OLD.digest, OLD.ruleset_digest, OLD.direction, OLD.title,
     OLD.justification,
      OLD.author_id, OLD.submitted_at)
     OR NEW.compared_with_id IS DISTINCT FROM OLD.compared_with_id
     OR NEW.draft_id IS DISTINCT FROM OLD.draft_id THEN
    RAISE EXCEPTION 'a version is immutable' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF OLD.state <> 'in_review' THEN
    RAISE EXCEPTION 'a version is decided once' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state = 'approved' AND NOT capture_policies_has_approvals(NEW.id, NEW.direction) THEN
    RAISE EXCEPTION 'this version lacks approvals' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION capture_policies_has_approvals(version uuid, direction text) RETURNS boolean LANGUAGE sql AS
$$
  SELECT CASE WHEN direction = 'wider'
    THEN count(*) FILTER (WHERE role = 'privacy_officer') > 0
     AND count(*) FILTER (WHERE role IN ('admin', 'ml_staff')) > 0
    ELSE count(*) > 0 END
  FROM capture_policies_approval WHERE version_id = version AND decision = 'approve'
$$;
CREATE TRIGGER version_inserted BEFORE INSERT ON capture_policies_policyversion
  FOR EACH ROW EXECUTE FUNCTION capture_policies_version_inserted();
CREATE TRIGGER version_updated BEFORE UPDATE ON capture_policies_policyversion
  FOR EACH ROW EXECUTE FUNCTION capture_policies_version_updated();
"""

APPROVALS = """
CREATE FUNCTION capture_policies_approval_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found capture_policies_policyversion%ROWTYPE;
BEGIN
  SELECT * INTO found FROM capture_policies_policyversion WHERE id = NEW.version_id;
  IF NEW.digest <> found.digest OR NEW.version_author_id <> found.author_id THEN
    RAISE EXCEPTION 'an approval is of exactly these bytes by this author' USING ERRCODE = 'check_violation';
  END IF;
  IF found.state <> 'in_review' THEN
    RAISE EXCEPTION 'this version was decided already' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_inserted BEFORE INSERT ON capture_policies_approval
  FOR EACH ROW EXECUTE FUNCTION capture_policies_approval_inserted();
"""

RELEASES = """
CREATE FUNCTION capture_policies_release_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found capture_policies_policyversion%ROWTYPE;
BEGIN
  SELECT * INTO found FROM capture_policies_policyversion WHERE id = NEW.version_id;
  IF found.state <> 'approved' OR NEW.digest <> found.digest THEN
    RAISE EXCEPTION 'a release carries the bytes of an approved version' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.number <= (SELECT coalesce(max(number), 0) FROM capture_policies_release) THEN
    RAISE EXCEPTION 'release numbers only grow' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION capture_policies_release_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.number, NEW.version_id, NEW.digest, NEW.expires_at)
     IS DISTINCT FROM (OLD.id, OLD.number, OLD.version_id, OLD.digest, OLD.expires_at)
     OR NEW.restores_id IS DISTINCT FROM OLD.restores_id THEN
    RAISE EXCEPTION 'a release is immutable' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER release_inserted BEFORE INSERT ON capture_policies_release
  FOR EACH ROW EXECUTE FUNCTION capture_policies_release_inserted();
CREATE TRIGGER release_updated BEFORE UPDATE ON capture_policies_release
  FOR EACH ROW EXECUTE FUNCTION capture_policies_release_updated();
"""

KEPT = """
CREATE FUNCTION capture_policies_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is kept as it is', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER version_kept BEFORE DELETE ON capture_policies_policyversion
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
CREATE TRIGGER approval_kept BEFORE UPDATE OR DELETE ON capture_policies_approval
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
CREATE TRIGGER release_kept BEFORE DELETE ON capture_policies_release
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
CREATE TRIGGER tuffile_kept BEFORE UPDATE ON capture_policies_tuffile
  FOR EACH ROW WHEN (OLD.name <> 'timestamp.json') EXECUTE FUNCTION capture_policies_kept();
CREATE TRIGGER tuffile_not_deleted BEFORE DELETE ON capture_policies_tuffile
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
"""

DROP = """
DROP FUNCTION capture_policies_kept() CASCADE;
DROP FUNCTION capture_policies_release_inserted() CASCADE;
DROP FUNCTION capture_policies_release_updated() CASCADE;
DROP FUNCTION capture_policies_approval_inserted() CASCADE;
DROP FUNCTION capture_policies_version_inserted() CASCADE;
DROP FUNCTION capture_policies_version_updated() CASCADE;
DROP FUNCTION capture_policies_has_approvals(uuid, text) CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("capture_policies", "0001_initial")]

    operations = [migrations.RunSQL(VERSIONS + APPROVALS + RELEASES + KEPT, DROP)]
