"""What was asked to be signed, and each signature over it, stay as they are; a revoked key stays revoked."""

from __future__ import annotations

from django.db import migrations

RULES = """
CREATE FUNCTION capture_policies_signingrequest_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.kind, NEW.reason, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.reason, OLD.created_at)
     OR NEW.root IS DISTINCT FROM OLD.root OR NEW.targets IS DISTINCT FROM OLD.targets
     OR NEW.root_version IS DISTINCT FROM OLD.root_version
     OR NEW.targets_version IS DISTINCT FROM OLD.targets_version
     OR NEW.release_id IS DISTINCT FROM OLD.release_id THEN
    RAISE EXCEPTION 'what is to be signed does not change' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.state <> 'open' AND NEW.state IS DISTINCT FROM OLD.state THEN
    RAISE EXCEPTION 'a signing request is closed once' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER signingrequest_updated BEFORE UPDATE ON capture_policies_signingrequest
  FOR EACH ROW EXECUTE FUNCTION capture_policies_signingrequest_updated();
CREATE TRIGGER signingrequest_kept BEFORE DELETE ON capture_policies_signingrequest
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
CREATE TRIGGER approversignature_kept BEFORE UPDATE OR DELETE ON capture_policies_approversignature
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
CREATE TRIGGER revokedkey_kept BEFORE UPDATE OR DELETE ON capture_policies_revokedkey
  FOR EACH ROW EXECUTE FUNCTION capture_policies_kept();
"""
UNDO = """
DROP TRIGGER revokedkey_kept ON capture_policies_revokedkey;
DROP TRIGGER approversignature_kept ON capture_policies_approversignature;
DROP TRIGGER signingrequest_kept ON capture_policies_signingrequest;
DROP TRIGGER signingrequest_updated ON capture_policies_signingrequest;
DROP FUNCTION capture_policies_signingrequest_updated();
"""


class Migration(migrations.Migration):
    dependencies = [("capture_policies", "0011_rule_effects")]

    operations = [migrations.RunSQL(RULES, UNDO)]
