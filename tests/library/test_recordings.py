"""Recorded activity from its public origin: downloaded with its checksum, and not taken for trials."""

import functools
import hashlib
import http.server
import threading

import pandas as pd
import pytest
import torch

from swaputils.__main__ import main
from swaputils.data import catalogue, download
from swaputils.data.table import DataError
from swaputils.geometry.published import variance_in_three

NAME = "panichello2021_planes"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(data_folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=data_folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_condition_means_are_fetched_and_keep_their_values(mirror, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("SWAPUTILS_DATA_URL", mirror)
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path)
    assert main(["fetch", NAME]) == 0
    printed = capfd.readouterr().out
    assert "8 condition means of 380 neurons" in printed and "Panichello, M. F." in printed
    path = tmp_path / NAME / f"{NAME}.csv"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == catalogue.known(NAME)["csv_sha256"]
    means = pd.read_csv(path)
    assert means[["item", "colour"]].to_numpy().tolist()[3:5] == [["upper", 4], ["lower", 1]]
    rates = torch.from_numpy(means.filter(like="neuron_").to_numpy()).unflatten(0, (2, 4))
    assert float(variance_in_three(rates)) == pytest.approx(0.649, abs=5e-4)


def test_recordings_are_no_trials(tmp_path, capfd):
    assert NAME in catalogue.recordings() and NAME not in catalogue.registry()
    with pytest.raises(DataError, match="holds recorded activity and no responses; sets of trials are vandenberg2012"):
        catalogue.load(NAME, tmp_path)
    assert main(["fit", NAME]) == 1
    assert "holds recorded activity" in capfd.readouterr().err
