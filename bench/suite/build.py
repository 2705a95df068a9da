# SPDX-License-Identifier: ISC
"""From a fresh checkout to programs that can be measured: packages, configuration, compilation."""
import os
import subprocess
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


class BuildFailed(Exception):
    """The text says what to do, or which log tells more."""


def build_all(folder):
    """Installs what is missing (as root; else says how) and builds Release in the folder."""
    if _run([TOP / "packaging/scripts/install-packages", "build", "bench"]):
        raise BuildFailed("packages are missing: see above")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "configure.log"
    configure = ["cmake", "-S", TOP, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                 "-DUVINETD_TESTS=OFF", "-DUVINETD_BENCH=ON"]
    with open(log, "wb") as output:
        if _run(configure, stdout=output, stderr=subprocess.STDOUT):
            raise BuildFailed(f"cmake failed: see {log}")
    if _run(["cmake", "--build", folder, "-j", str(os.cpu_count() or 1)], stdout=2):
        raise BuildFailed("the build failed: see above")


def _run(command, **options):
    try:
        return subprocess.run([str(word) for word in command], check=False, **options).returncode
    except OSError as error:
        raise BuildFailed(f"{command[0]}: {error.strerror}") from None
