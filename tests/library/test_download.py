"""Download and conversion against a local HTTP server; participants' initials appear nowhere."""

import functools
import hashlib
import http.server
import logging
import re
import socket
import threading
import traceback

import pytest

from swaputils.__main__ import main
from swaputils.data import catalogue, download
from swaputils.data.table import DataError

FETCHABLE = [name for name, entry in catalogue.registry().items() if entry["files"]]
STEMS = {
    source["path"].rpartition("/")[2].partition(".")[0] for source in catalogue.known("vandenberg2012_color")["files"]
}
INITIALS = re.compile(r"\b(" + "|".join({re.match("[a-z]+", stem)[0] for stem in STEMS}) + r")(\b|\d)")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    """Serve folders at addresses of this machine until the test ends."""
    servers = []

    def start(folder):
        handler = functools.partial(QuietHandler, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def damaged_mirror(tmp_path, serve):
    """A mirror whose files all have the wrong content."""
    folder = tmp_path / "mirror" / "vandenberg2012_color" / "raw"
    folder.mkdir(parents=True)
    for source in catalogue.known("vandenberg2012_color")["files"]:
        (folder / source["path"].rpartition("/")[2]).write_bytes(b"something else")
    return serve(tmp_path / "mirror")


def refused(name, base_url, folder):
    """The DataError of a fetch that fails, which leaves nothing and names nobody."""
    with pytest.raises(DataError) as caught:
        download.fetch(name, base_url, folder)
    assert not list(folder.rglob("*"))
    assert not INITIALS.search("".join(traceback.format_exception(caught.value)))
    return str(caught.value)


@pytest.mark.parametrize("name", FETCHABLE)
def test_originals_convert_to_the_tidy_file(data_folder, tmp_path, serve, name, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    path = download.fetch(name, serve(data_folder), tmp_path / "cache")
    assert path == tmp_path / "cache" / name / f"{name}.csv"
    assert path.read_bytes() == (data_folder / name / f"{name}.csv").read_bytes()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == catalogue.known(name)["csv_sha256"]
    assert catalogue.load(name, tmp_path / "cache").displays.set_size.max() > 1
    said = caplog.text + "".join(capfd.readouterr()) + path.read_text()
    assert not INITIALS.search(said)


def test_the_search_for_initials_finds_them():
    assert all(INITIALS.search(f"file {stem}.mat of 39") for stem in STEMS)
    assert not INITIALS.search("vandenberg2012_color: 100% 39/39 subject,session,scrolling,wheel")


def test_a_cached_file_is_not_fetched_again_and_a_damaged_one_is(data_folder, tmp_path, serve):
    address = serve(data_folder)
    path = download.fetch("bays2009", address, tmp_path)
    whole = path.read_bytes()
    assert download.fetch("bays2009", "http://127.0.0.1:9", tmp_path) == path
    path.write_bytes(whole[:1000])
    download.fetch("bays2009", address, tmp_path)
    assert path.read_bytes() == whole


def test_wrong_content_is_refused(damaged_mirror, tmp_path):
    message = refused("vandenberg2012_color", damaged_mirror, tmp_path / "cache")
    assert message.startswith("file 1 does not have its checksum")


def test_an_absent_file_is_reported(tmp_path, serve):
    (tmp_path / "empty").mkdir()
    message = refused("vandenberg2012_color", serve(tmp_path / "empty"), tmp_path / "cache")
    assert "file 1 could not be downloaded (status 404)" in message


def test_a_server_that_is_down_is_reported(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    message = refused("vandenberg2012_color", f"http://127.0.0.1:{port}", tmp_path / "cache")
    assert "could not be downloaded (ConnectionError); check the connection" in message


def test_an_interruption_leaves_nothing(tmp_path, monkeypatch, capfd):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(download.pooch, "retrieve", interrupted)
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "cache")
    assert main(["fetch", "vandenberg2012_color"]) == 130
    assert not list(tmp_path.rglob("*"))
    assert "swaputils: interrupted" in capfd.readouterr().err


def test_sets_that_are_not_public_files_say_so(tmp_path):
    assert "cannot be fetched; these can: vandenberg" in refused("mixturer_simulated", None, tmp_path)
    assert "unknown data set 'bays'" in refused("bays", None, tmp_path)


def test_the_origin_is_a_commit_of_a_public_repository():
    entry = catalogue.known("bays2009")
    address = download._url("bays2009", entry, entry["files"][0], None)
    assert re.fullmatch(r"https://[\w.]+/JimGrange/mixtur/[0-9a-f]{40}/data-raw/bays_data\.mat", address)


def test_fetch_on_the_command_line(data_folder, tmp_path, serve, monkeypatch, capfd):
    monkeypatch.setenv("SWAPUTILS_DATA_URL", serve(data_folder))
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path)
    assert main(["fetch", "bays2009"]) == 0
    printed = capfd.readouterr().out
    assert "7271 trials of 12 people" in printed and "Bays, P. M." in printed
    assert (tmp_path / "bays2009" / "bays2009.csv").is_file()
