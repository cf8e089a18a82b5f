"""Looks for new versions, in a thread of its own."""

import logging
import threading

from featurekit.serve.server.versions import Versions

_LOG = logging.getLogger("featurekit.serve")


class Watcher:
    """Refreshes the versions again and again.

    Args:
        versions: What is refreshed.
        seconds: Between two looks at the folder.
    """

    def __init__(self, versions: Versions, seconds: float = 2.0) -> None:
        self._versions = versions
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, after what it is loading."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self._versions.refresh()
            except Exception:
                # What is served is served on; the next look may succeed.
                _LOG.exception("looking for versions failed")
