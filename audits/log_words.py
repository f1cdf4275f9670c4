"""What the audit log says in words about the log itself."""

from __future__ import annotations

WORDS = {
    "audits.accept_cosignature": "Took in the cosignature of a witness",
    "audits.delete_export": "Deleted an export of the log",
    "audits.download_export": "Fetched an export of the log",
    "audits.end_log_key": "Ended the replaced key of the log",
    "audits.finish_export": "Finished an export of the log",
    "audits.forget_search": "Deleted a kept search of the log",
    "audits.hand_out_failed": "Failed to hand out checkpoints",
    "audits.hand_out_works": "Handed out checkpoints again",
    "audits.log_broken": "Checked the log and found that it does not match",
    "audits.log_halted": "Halted the signing of the log",
    "audits.log_quiet": "Signed the log although nothing else happened",
    "audits.log_verified": "Checked the log and found it intact",
    "audits.prepare_log_key": "Announced the next key of the log",
    "audits.register_witness": "Registered a witness",
    "audits.replace_log_key": "Changed the key of the log",
    "audits.request_export": "Asked for an export of the log",
    "audits.resume_log": "Let the signing of the log go on",
    "audits.save_search": "Kept a search of the log",
    "audits.search_details": "Searched in reasons and details",
    "audits.withdraw_witness": "Withdrew a witness",
}
