"""Where the console script begins: it imports nothing before Ctrl-C is heeded, which is a traceback while modules are
imported otherwise. `transcribe.cli.main` is the command line, and heeds all signals itself.
"""

from __future__ import annotations

import sys
from typing import NoReturn

_INTERRUPTED = 130  # 128 and the number of SIGINT, as `transcribe.cli.ending` has it


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    try:
        from transcribe.cli.main import main as run

        run()
    except KeyboardInterrupt:  # before the command has begun, or after its end
        if sys.stderr is not None:
            sys.stderr.write("interrupted\n")
        sys.exit(_INTERRUPTED)
