"""Staff addresses of policies."""

from __future__ import annotations

from django.urls import path

from capture_policies.views import (
    allowlist,
    bulk,
    decisions,
    drafts,
    drills,
    effects,
    explain,
    keys,
    parts,
    requests,
    rollout_live,
    rollouts,
    simulations,
    stops,
    versions,
)

app_name = "capture_policies"

_DRAFT = "policies/drafts/<uuid:pk>"
_VERSION = "policies/versions/<uuid:pk>"
_REQUEST = "policies/requests/<uuid:pk>"
_ROLLOUT = "policies/rollouts/<uuid:pk>"
_ENTRY = "policies/allowlist/<slug:entry>"

urlpatterns = [
    path("policies/allowlist/", allowlist.AllowlistPage.as_view(), name="allowlist"),
    path("policies/allowlist.csv", allowlist.AllowlistExport.as_view(form="csv"), name="allowlist_csv"),
    path("policies/allowlist.yaml", allowlist.AllowlistExport.as_view(form="yaml"), name="allowlist_yaml"),
    path(f"{_ENTRY}/", allowlist.EntryDetail.as_view(), name="allowlist_entry"),
    path(f"{_ENTRY}/propose/", allowlist.EntryPropose.as_view(), name="allowlist_propose"),
    path(f"{_DRAFT}/catalogue/", bulk.DraftCatalogue.as_view(), name="draft_catalogue"),
    path(f"{_DRAFT}/import/", bulk.DraftImport.as_view(), name="draft_import"),
    path(f"{_DRAFT}/entries.csv", allowlist.DraftExport.as_view(form="csv"), name="draft_csv"),
    path(f"{_DRAFT}/entries.yaml", allowlist.DraftExport.as_view(form="yaml"), name="draft_yaml"),
    path("policies/drafts/", drafts.DraftList.as_view(), name="draft_list"),
    path("policies/drafts/new/", drafts.DraftNew.as_view(), name="draft_new"),
    path(f"{_DRAFT}/", drafts.DraftDetail.as_view(), name="draft_detail"),
    path(f"{_DRAFT}/settings/", drafts.DraftSettings.as_view(), name="draft_settings"),
    path(f"{_DRAFT}/try/", drafts.DraftTry.as_view(), name="draft_try"),
    path(f"{_DRAFT}/submit/", drafts.DraftSubmit.as_view(), name="draft_submit"),
    path(f"{_DRAFT}/discard/", drafts.DraftDiscard.as_view(), name="draft_discard"),
    path(f"{_DRAFT}/entries/new/", parts.EntryEdit.as_view(), name="draft_entry_new"),
    path(f"{_DRAFT}/entries/<uuid:entry>/", parts.EntryEdit.as_view(), name="draft_entry"),
    path(f"{_DRAFT}/entries/<uuid:entry>/remove/", parts.EntryRemove.as_view(), name="draft_entry_remove"),
    path(f"{_DRAFT}/rules/new/", parts.RuleEdit.as_view(), name="draft_rule_new"),
    path(f"{_DRAFT}/rules/<uuid:rule>/", parts.RuleEdit.as_view(), name="draft_rule"),
    path(f"{_DRAFT}/rules/<uuid:rule>/remove/", parts.RuleRemove.as_view(), name="draft_rule_remove"),
    path("policies/versions/", versions.VersionList.as_view(), name="version_list"),
    path(f"{_VERSION}/", versions.VersionDetail.as_view(), name="version_detail"),
    path(f"{_VERSION}/try/", versions.VersionTry.as_view(), name="version_try"),
    path(f"{_VERSION}/compare/", versions.VersionCompare.as_view(), name="version_compare"),
    path(f"{_VERSION}/captured/", versions.VersionCaptured.as_view(), name="version_captured"),
    path(f"{_VERSION}/approve/", decisions.VersionApprove.as_view(), name="version_approve"),
    path(f"{_VERSION}/reject/", decisions.VersionReject.as_view(), name="version_reject"),
    path(f"{_VERSION}/request-changes/", decisions.VersionChanges.as_view(), name="version_changes"),
    path(f"{_VERSION}/withdraw/", decisions.VersionWithdraw.as_view(), name="version_withdraw"),
    path(f"{_VERSION}/comments/", decisions.VersionComments.as_view(), name="version_comment"),
    path(f"{_VERSION}/document.json", versions.VersionDocument.as_view(), name="version_document"),
    path(f"{_VERSION}/effect/", effects.VersionEffect.as_view(), name="version_effect"),
    path(f"{_DRAFT}/effect/", effects.DraftEffect.as_view(), name="draft_effect"),
    path("policies/rules/", effects.RuleQuality.as_view(), name="rule_quality"),
    path(f"{_VERSION}/simulation/", simulations.VersionSimulation.as_view(), name="version_simulation"),
    path(f"{_DRAFT}/simulation/", simulations.DraftSimulation.as_view(), name="draft_simulation"),
    path("policies/explain/", explain.Explain.as_view(), name="explain"),
    path("policies/explain/compare/", explain.Compare.as_view(), name="explain_compare"),
    path("policies/requests/", requests.RequestList.as_view(), name="request_list"),
    path("policies/requests/new/", requests.RequestNew.as_view(), name="request_new"),
    path(f"{_REQUEST}/", requests.RequestDetail.as_view(), name="request_detail"),
    path(f"{_REQUEST}/take/", requests.RequestTake.as_view(), name="request_take"),
    path(f"{_REQUEST}/decline/", requests.RequestDecline.as_view(), name="request_decline"),
    path(f"{_REQUEST}/withdraw/", requests.RequestWithdraw.as_view(), name="request_withdraw"),
    path(
        "policies/allowlist/<slug:entry>/remove-now/",
        requests.EntryRemoveNow.as_view(),
        name="entry_remove_now",
    ),
    path("policies/releases/", rollouts.ReleaseList.as_view(), name="release_list"),
    path("policies/releases/<uuid:pk>/roll-out/", rollouts.RolloutNew.as_view(), name="rollout_new"),
    path("policies/releases/<uuid:pk>/roll-back/", rollouts.Rollback.as_view(), name="release_rollback"),
    path("policies/rollouts/", rollouts.RolloutList.as_view(), name="rollout_list"),
    path(f"{_ROLLOUT}/", rollout_live.RolloutDetail.as_view(), name="rollout_detail"),
    path(f"{_ROLLOUT}/hold/", rollout_live.RolloutHold.as_view(), name="rollout_hold"),
    path(f"{_ROLLOUT}/resume/", rollout_live.RolloutResume.as_view(), name="rollout_resume"),
    path(f"{_ROLLOUT}/halt/", rollout_live.RolloutHalt.as_view(), name="rollout_halt"),
    path(f"{_ROLLOUT}/waves/<int:number>/", rollout_live.WaveChange.as_view(), name="rollout_wave"),
    path("stop/", stops.StopHome.as_view(), name="stop"),
    path("stop/new/", stops.StopNew.as_view(), name="stop_new"),
    path("stop/drills/", drills.DrillList.as_view(), name="stop_drills"),
    path("stop/drills/new/", drills.DrillNew.as_view(), name="stop_drill_new"),
    path("stop/drills/<uuid:pk>/", drills.DrillDetail.as_view(), name="stop_drill"),
    path("stop/drills/<uuid:pk>/end/", drills.DrillEnd.as_view(), name="stop_drill_end"),
    path("stop/<uuid:pk>/", stops.StopDetail.as_view(), name="stop_detail"),
    path("stop/<uuid:pk>/restart/", stops.RestartRequest.as_view(), name="stop_restart"),
    path("stop/<uuid:pk>/confirm/", stops.RestartConfirm.as_view(), name="stop_confirm"),
    path("policies/keys/", keys.KeysPage.as_view(), name="keys"),
    path(
        "policies/keys/requests/<uuid:pk>/withdraw/",
        keys.RequestWithdraw.as_view(),
        name="signing_request_withdraw",
    ),
]
