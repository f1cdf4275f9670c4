"""Settings for the type checker: the test mode, whatever the shell says."""

from __future__ import annotations

import os

os.environ["MCI_ENV"] = "test"
from mci_admin.settings import *  # noqa: F403  # the environment must be set first
