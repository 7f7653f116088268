"""Downloads that are resumed, checked and named at last, with the manual route when they fail."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from proteingraph.errors import DatasetError, DownloadError

if TYPE_CHECKING:
    import requests

__all__ = ["base_address", "fetch"]

log = logging.getLogger(__name__)

_CHUNK = 1 << 18
_ABSENT = (404, 410)
_PASSING = (408, 425, 429, 500, 502, 503, 504)


def base_address(default: str, given: str | None, variable: str) -> str:
    """Choose the server to download from.

    Args:
        default: the usual address.
        given: what the caller asked for, such as a mirror, or `None`.
        variable: environment variable that is looked at if nothing was given.

    Returns:
        An address without a slash at the end.
    """
    return (given or os.environ.get(variable) or default).rstrip("/")


def fetch(
    url: str,
    folder: str | PathLike[str],
    *,
    filename: str | None = None,
    checksum: str | None = None,
    manual: str = "",
    retries: int = 3,
    timeout: float = 30.0,
) -> Path:
    """Download a file over HTTP, unless it is there already.

    A download that broke off goes on where it was, in this call or a later one, if the server can
    tell that its file is still the same; else it starts anew. The file gets its name when it is
    whole and its checksum right. Processes that want the same file wait for each other.

    Args:
        url: address, `http://` or `https://`.
        folder: where to put the file; made if absent.
        filename: name of the file there. Default: the last part of the address.
        checksum: `algorithm:hexadecimal` (such as `md5:...`), or a bare SHA-256. A file with
            another checksum is fetched again. Default: a file that is there is taken as it is.
        manual: where else the file can be had, for the error message. Default: nothing.
        retries: further attempts after a failure that may pass, 1, 2, 4, ... seconds apart.
            Default: 3.
        timeout: seconds without an answer after which an attempt has failed. Default: 30.

    Returns:
        Path of the file.

    Raises:
        DownloadError: if it cannot be had; names the address, what happened (no such file, refused,
            cut short, wrong checksum) and where to put a file obtained by other means.
        DatasetError: if it is no such address, or names no file and no name is given.
    """
    parts = urlsplit(url)
    name = filename or unquote(PurePosixPath(parts.path).name)
    if parts.scheme not in ("http", "https") or not parts.netloc or not name:
        raise DatasetError(f"{url!r} is no address of a file: expected https://server/.../file")
    target = Path(folder) / name
    routes = (manual, f"fetch it by other means and put it at {target}")
    for attempt in itertools.count():
        try:
            return _attempt(url, target, checksum, timeout)
        except _FailedError as failure:
            if not failure.passing or attempt >= retries:
                text = f"{url}: {failure}; {'; '.join(route for route in routes if route)}"
                raise DownloadError(text, missing=failure.missing) from failure
            log.info("%s: %s; trying again", url, failure)
            time.sleep(2.0**attempt)
    raise AssertionError("the loop ends by returning or raising")


class _FailedError(Exception):
    """An attempt that failed; tells whether another may succeed, and whether there is no file."""

    def __init__(self, problem: str, *, passing: bool = False, missing: bool = False) -> None:
        super().__init__(problem)
        self.passing = passing
        self.missing = missing


def _attempt(url: str, target: Path, checksum: str | None, timeout: float) -> Path:
    """Download once; pooch compares checksums and puts the file in place."""
    import pooch
    from filelock import FileLock

    pooch.get_logger().setLevel(logging.WARNING)  # it writes a line a file to stderr otherwise
    name, urls = target.name, {target.name: url}
    store = pooch.create(target.parent, "", registry={name: checksum}, urls=urls)
    try:
        if target.is_file() and checksum is None:  # so that a folder need not be writable
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(_beside(target, "lock")):
            store.fetch(name, downloader=_Receiver(target, timeout))
        return target
    except ValueError as error:  # of the checksum; pooch has removed the file
        raise _FailedError(f"wrong checksum: {error}") from error
    except OSError as error:
        raise _FailedError(f"cannot be written ({error})") from error


@dataclass
class _Receiver:
    """A downloader for pooch that goes on where the last one broke off.

    What has come so far is kept beside the file, and with it the server's mark of the version
    (ETag, or else the time of its last change). Both are sent along when the rest is asked for, so
    that the server starts anew if its file has changed (RFC 9110, sections 13.1.5 and 14.2).
    """

    target: Path
    timeout: float

    def __post_init__(self) -> None:
        """Name the files kept beside."""
        self.partial, self.tag = _beside(self.target, "partial"), _beside(self.target, "tag")

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Download to `output_file`."""
        import requests
        import urllib3

        try:
            self._receive(url)
        except requests.Timeout as error:
            problem = f"no answer within {self.timeout:g} s"
            raise _FailedError(problem, passing=True) from error
        except requests.ConnectionError as error:
            problem = f"the server cannot be reached ({_root(error)})"
            raise _FailedError(problem, passing=True) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise _FailedError(f"the download failed ({error})") from error
        os.replace(self.partial, output_file)
        self.tag.unlink(missing_ok=True)

    def _receive(self, url: str) -> None:
        import requests

        have = self.partial.stat().st_size if self.partial.is_file() and self.tag.is_file() else 0
        headers = {"Accept-Encoding": "identity"}
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": self.tag.read_text()}
        with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                if response.headers.get("Content-Range", "") == f"bytes */{have}":
                    return  # it was whole already
                self.tag.unlink()
                raise _FailedError("the server has no such rest of the file", passing=True)
            if response.status_code >= 400:
                raise _refusal(response)
            if response.status_code != requests.codes.partial_content:
                self._begin(response)
                have = 0
            elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                self.tag.unlink()
                raise _FailedError("the server sent another part than asked for", passing=True)
            self._append(response, have)

    def _begin(self, response: requests.Response) -> None:
        """Forget what came of another version, and note the mark of this one."""
        self.partial.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)
        mark = response.headers.get("ETag", "")
        if not mark or mark.startswith("W/"):  # weak ones do not tell bytes apart
            mark = response.headers.get("Last-Modified", "")
        if mark:
            self.tag.write_text(mark)

    def _append(self, response: requests.Response, have: int) -> None:
        """Write what comes, as the server holds it, and check that it is all."""
        from urllib3.exceptions import HTTPError

        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdecimal() else None
        try:
            with self.partial.open("ab") as file, _bar(self.target.name, have, total) as advance:
                # Not decoded: some servers call a .tgz a gzip-encoded .tar.
                for chunk in response.raw.stream(_CHUNK, decode_content=False):
                    file.write(chunk)
                    advance(len(chunk))
        except HTTPError as error:
            raise self._cut_short(total) from error
        if total is not None and self.partial.stat().st_size != total:
            raise self._cut_short(total)

    def _cut_short(self, total: int | None) -> _FailedError:
        got = self.partial.stat().st_size
        whole = "an unknown number of" if total is None else f"{total:,}"
        return _FailedError(f"cut short: got {got:,} of {whole} bytes", passing=True)


def _refusal(response: requests.Response) -> _FailedError:
    """Say what an HTTP status means."""
    status, said = response.status_code, f"{response.status_code} {response.reason}"
    if status in _ABSENT:
        return _FailedError(f"the server has no such file ({said})", missing=True)
    problem = "the server has a fault" if status >= 500 else "the server refused it"
    return _FailedError(f"{problem} ({said})", passing=status in _PASSING)


def _root(error: BaseException) -> BaseException:
    """Find the first of a chain of exceptions: the others wrap it in their own words."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error


@contextmanager
def _bar(name: str, have: int, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show progress where a person may be watching; give the function that takes it on."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TransferSpeedColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(name, total=total, completed=have)
        yield lambda size: progress.advance(task, size)


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f".{target.name}.{ending}")
