"""What a version or draft would have made of the last whole weeks, and what it opens that none can replay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from audits.listing import CappedPaginator
from audits.models_run import RunState
from capture_policies import differences, past_cells, queries
from capture_policies.actions import simulations
from capture_policies.models import Simulation
from capture_policies.simulating import Row, Told
from capture_policies.views.judging import JudgedPage, OfDraftPolicy, OfVersionPolicy
from mci_core.policy import Policy

#: Lines of what opens on one page; the page of the version has them all.
OPENS_SHOWN = ROWS_SHOWN = 50


class _SimulationPage(JudgedPage):
    """The result for the last whole weeks."""

    template_name = "capture_policies/simulation.html"
    request_permission = "capture_policies.request_simulation"

    def ask(self, policy: Policy) -> None:
        simulations.request_simulation(policy=policy, title=self.title, actor=self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        since, until = past_cells.weeks_before(timezone.now().date())
        found = self._found(since, until)
        return super().get_context_data(
            since=since,
            last=until - timedelta(days=1),
            weeks=past_cells.WEEKS,
            found=found,
            **self._told(found),
            working=found is not None and found.working,
            **self._opens(),
            **kwargs,
        )

    def _found(self, since: Any, until: Any) -> Simulation | None:
        if self.judged is None:
            return None
        rows = Simulation.objects.visible_to(self.request.user).defer("body")
        return rows.filter(digest=self.judged.digest, since=since, until=until).first()

    def _told(self, found: Simulation | None) -> dict[str, Any]:
        if found is None or found.state != RunState.DONE:
            return {"told": None}
        told = Told([Row(**row) for row in found.result])
        page = CappedPaginator(told.rows, ROWS_SHOWN).get_page(self.request.GET.get("page"))
        return {
            "told": told,
            "page_obj": page,
            "paginator": page.paginator,
            "page_numbers": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
            "noun": "row",
            "many_noun": "rows",
        }

    def _opens(self) -> dict[str, Any]:
        """What is wider than the live policy: that was never captured, so no past event tells of it."""
        if self.judged is None:
            return {"opens": [], "opens_more": 0}
        lines = differences.between(queries.policy_of(queries.live_version()), self.judged).lines
        wider = [line for line in lines if line.direction == "wider"]
        return {"opens": differences.shown(wider[:OPENS_SHOWN]), "opens_more": len(wider[OPENS_SHOWN:])}


class VersionSimulation(OfVersionPolicy, _SimulationPage):
    """Of a version."""


class DraftSimulation(OfDraftPolicy, _SimulationPage):
    """Of a draft."""
