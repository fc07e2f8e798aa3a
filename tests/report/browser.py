"""A headless Chromium that opens pages from files: driven through a pipe, so that no port and no library is needed."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--remote-debugging-pipe",
)  # fmt: skip


class Tab:
    """One page of the browser; `asked` are the addresses that it wanted."""

    def __init__(self, sent: BinaryIO, heard: BinaryIO) -> None:
        self._sent, self._heard = sent, heard
        self._number = 0
        self._session = ""
        self.asked: list[str] = []
        self.complaints: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, page: Path) -> None:
        """Open a page and wait until its script has run."""
        self.asked.clear()
        self.complaints.clear()
        self._call("Page.navigate", url=page.as_uri())
        self.wait("document.readyState === 'complete'")

    def wait(self, condition: str) -> None:
        """Wait until a condition of the page holds, at most a minute."""
        self.run(f"""new Promise((done, failed) => {{
            const end = Date.now() + 60000;
            const look = () => {{
                if ({condition}) done(1);
                else if (Date.now() > end) failed(new Error('never came'));
                else setTimeout(look, 10);
            }};
            look();
        }})""")

    def run(self, script: str) -> Any:
        """Return what a script of the page gives."""
        answer = self._call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """Return the text of an element as a person sees it."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def type_into(self, selector: str, text: str) -> None:
        """Type into a field, in place of what is there."""
        self.run(f"document.querySelector({json.dumps(selector)}).select()")
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self._call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Press a button."""
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def choose(self, selector: str, value: str) -> None:
        """Choose an option."""
        chosen, given = json.dumps(selector), json.dumps(value)
        self.run(
            f"(() => {{ const one = document.querySelector({chosen}); one.value = {given};"
            " one.dispatchEvent(new Event('change')); })()"
        )

    def width(self, pixels: int) -> None:
        """Make the window so wide."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=pixels, height=900, deviceScaleFactor=1, mobile=pixels < 600
        )

    def picture(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        data = self._call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    def printed(self) -> bytes:
        """Return the page as PDF, as it would be printed."""
        return base64.b64decode(self._call("Page.printToPDF")["data"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._sent.write(json.dumps(message).encode() + b"\0")
        self._sent.flush()
        while True:
            heard = self._hear()
            if heard.get("id") == self._number:
                assert "error" not in heard, heard
                result: dict[str, Any] = heard["result"]
                return result

    def _hear(self) -> dict[str, Any]:
        text = bytearray()
        while (letter := self._heard.read(1)) != b"\0":
            assert letter, "the browser has ended"
            text += letter
        message: dict[str, Any] = json.loads(text)
        parameters = message.get("params", {})
        if message.get("method") == "Network.requestWillBeSent":
            self.asked.append(parameters["request"]["url"])
        if message.get("method") in {"Log.entryAdded", "Runtime.exceptionThrown"}:
            self.complaints.append(json.dumps(parameters))
        return message


@contextmanager
def running(profile: Path) -> Iterator[Tab]:
    """Run a browser with an empty profile, or skip where none is installed."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None or shutil.which("bash") is None:
        pytest.skip("no Chromium is installed: the pages were not opened")
    to_browser, from_browser = os.pipe(), os.pipe()
    command = f'exec "$0" "$@" 3<&{to_browser[0]} 4>&{from_browser[1]}'
    process = subprocess.Popen(
        ["bash", "-c", command, program, *_OPTIONS, f"--user-data-dir={profile}"],
        pass_fds=(to_browser[0], from_browser[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser[0])
    os.close(from_browser[1])
    try:
        with os.fdopen(to_browser[1], "wb") as sent, os.fdopen(from_browser[0], "rb") as heard:
            yield Tab(sent, heard)
            with suppress(BrokenPipeError):
                sent.write(json.dumps({"id": 0, "method": "Browser.close"}).encode() + b"\0")
    finally:
        process.terminate()
        process.wait(timeout=20)
