"""What the ROS 2 wheels' CMake files lack for builders; mended where they are installed.

Their exported targets name the include folders of CPython and of NumPy under /opt/python, which
exist only where the wheels were built: they are replaced by this environment's own. And paths are
read from a file as if they were ASCII: a clone in a folder with an umlaut would not build.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from setup_steps.common import SetupError

# The folder of NumPy's headers comes first: it is the more specific of the two.
FOREIGN = (
    (re.compile(r"/opt/python/cp\d+-cp\d+/lib/python[\d.]+/site-packages/numpy/_?core/include"), 1),
    (re.compile(r"/opt/python/cp\d+-cp\d+/include/python3\.\d+"), 0),
)
READS_ASCII = 'file(STRINGS "${idl_output}" idl_tuples)'
READS_UTF_8 = READS_ASCII.replace("idl_tuples)", "idl_tuples ENCODING UTF-8)")
ASK = """
import sysconfig, numpy
print(sysconfig.get_paths()["include"])
print(numpy.get_include())
"""


def include_folders(python: Path) -> tuple[str, str]:
    """Folders of the C headers of CPython and of NumPy, as the given Python sees them.

    :raises SetupError: when it cannot say, which means that the installation is damaged.
    """
    done = subprocess.run([str(python), "-c", ASK], capture_output=True, text=True, check=False)
    folders = done.stdout.split("\n")[:2]
    if done.returncode != 0 or len(folders) != 2 or not all(Path(f).is_dir() for f in folders):
        raise SetupError(f"{python} cannot name its header folders: {done.stderr.strip()[-200:]}")
    return folders[0], folders[1]


def repair_cmake_files(prefix: Path, python: Path) -> int:
    """Mend `prefix`/share/*/cmake/*.cmake; return how many files changed.

    Running it again changes nothing.
    """
    headers = include_folders(python)
    changed = 0
    for file in sorted(prefix.glob("share/*/cmake/*.cmake")):
        before = file.read_text(encoding="utf-8")
        after = before.replace(READS_ASCII, READS_UTF_8)
        for pattern, which in FOREIGN:
            after = pattern.sub(headers[which].replace("\\", r"\\"), after)
        if after != before:
            file.write_text(after, encoding="utf-8")
            changed += 1
    return changed
