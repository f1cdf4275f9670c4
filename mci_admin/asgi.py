"""The ASGI entry point of the web process."""

from __future__ import annotations

import os
from typing import cast

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mci_admin.settings")
django_application = get_asgi_application()

from mci_admin.bodies import App, BoundedBodies  # noqa: E402  # after Django is set up

application = BoundedBodies(cast(App, django_application))
