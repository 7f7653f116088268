"""A headless browser for tests, driven by the DevTools protocol over aiohttp (PyG needs that)."""

from __future__ import annotations

import asyncio
import base64
import shutil
import subprocess
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome")
# WebGL in software, as there is no GPU; no address but those of files can be reached.
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--hide-scrollbars",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)
KEYS = {"Enter": "\r", " ": " "}


def find_browser() -> str | None:
    """Path of the system's Chromium, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One page; what it logs, throws and requests is kept in `errors` and `requests`."""

    def __init__(self, loop, socket):
        self._loop, self._socket, self._ids = loop, socket, count(1)
        self.errors: list[str] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method, **parameters):
        return self._loop.run_until_complete(self._send(method, parameters))

    async def _send(self, method, parameters):
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive_json(timeout=120)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self._note(message)

    def _note(self, message):
        what, about = message.get("method"), message.get("params", {})
        if what == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.errors.append(details.get("exception", details).get("description", str(details)))
        elif what == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.errors.append(str([part.get("value") for part in about["args"]]))
        elif what == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.errors.append(about["entry"]["text"])
        elif what == "Network.requestWillBeSent":
            self.requests.append(about["request"]["url"])

    def run(self, script):
        """Value of an expression, or of the promise that it is."""
        done = self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in done:
            raise RuntimeError(str(done["exceptionDetails"]))
        return done["result"].get("value")

    def wait(self, script, seconds=60):
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"never true: {script}"
            time.sleep(0.05)
        return value

    def frames(self, number=3):
        """Let the page draw."""
        for _ in range(number):
            self.run("new Promise(done => requestAnimationFrame(() => done(1)))")

    def open(self, path, width=1280, height=900, dark=False):
        self.look(width, height, dark)
        self.send("Page.navigate", url=Path(path).resolve().as_uri())
        self.wait("document.documentElement?.dataset.ready === 'true'")
        self.frames()
        return self

    def look(self, width, height, dark=False):
        """Size of the window, and whether the reader likes it dark."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def mouse(self, kind, x, y, **more):
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def move(self, x, y):
        self.mouse("mouseMoved", x, y)
        self.frames(2)  # the browser tells pages of movements once a frame

    def click(self, x, y):
        self.move(x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)

    def press(self, key, shift=False):
        text = {"text": KEYS[key]} if key in KEYS else {}
        for kind in ("keyDown", "keyUp"):
            more = text if kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, modifiers=8 * shift, **more)

    def screenshot(self, clip=None, whole=False):
        """PNG of the window, of a box (x, y, width, height) of it, or of the whole page."""
        more = {}
        if clip is not None:
            more["clip"] = {
                **dict(zip(("x", "y", "width", "height"), clip, strict=True)),
                "scale": 1,
            }
        done = self.send("Page.captureScreenshot", captureBeyondViewport=whole, **more)
        return base64.b64decode(done["data"])


@contextmanager
def browser(folder: Path):
    """Start a browser with its profile in a folder; gives a function that opens an empty page."""
    command = [find_browser(), *OPTIONS, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    loop = asyncio.new_event_loop()
    session = None
    try:
        port = _port(process, folder / "DevToolsActivePort")
        session = loop.run_until_complete(_session())

        async def page():
            address = f"http://127.0.0.1:{port}/json/new?about:blank"
            async with session.put(address) as reply:
                target = await reply.json()
            socket = target["webSocketDebuggerUrl"]
            return await session.ws_connect(socket, max_msg_size=0)

        yield lambda: Page(loop, loop.run_until_complete(page()))
    finally:
        if session is not None:
            loop.run_until_complete(session.close())
        loop.close()
        process.terminate()
        process.wait(30)


async def _session():
    return aiohttp.ClientSession()


def _port(process, file, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if file.exists() and (lines := file.read_text().split()):
            return int(lines[0])
        time.sleep(0.05)
    raise RuntimeError("the browser did not start")
