"""The page holds what it shows, and nothing in a file's names can do harm."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

from proteingraph.errors import ConfigError
from proteingraph.io import read_structure
from proteingraph.viz.report import ResidueColumn, write_report
from proteingraph.viz.report.page import SCRIPTS, VIEWER, write_page

FRAGMENT = "document.title='hacked'"


class Tags(HTMLParser):
    """Collects tags, scripts by type, and the policy of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.policy, self._kind = [], {}, "", None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if tag == "script":
            self._kind = attributes.get("type", "code")
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]

    def handle_endtag(self, tag):
        self._kind = None if tag == "script" else self._kind

    def handle_data(self, data):
        if self._kind:
            self.scripts.setdefault(self._kind, []).append(data)


def unpacked(packed):
    kind = {"u1": "u1", "u2": "<u2", "u4": "<u4", "i4": "<i4", "f4": "<f4"}[packed["kind"]]
    return np.frombuffer(base64.b64decode(packed["data"]), kind)


@pytest.fixture(scope="module")
def page(page_file):
    return Tags(page_file.read_text("utf-8"))


@pytest.fixture(scope="module")
def payload(page):
    (text,) = page.scripts["application/json"]
    return json.loads(text)


def test_no_name_becomes_markup(page, page_file):
    assert not [tag for tag, attributes in page.tags if "onerror" in attributes or tag == "img"]
    assert "49" not in re.findall(r"hacked.{0,20}", page_file.read_text("utf-8"))
    assert all(FRAGMENT not in script for script in page.scripts["code"])


def test_only_the_scripts_of_the_package_may_run(page):
    scripts = page.scripts["code"]
    assert len(scripts) == 2
    allowed = re.findall(r"'sha256-([^']+)'", page.policy)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    assert allowed == hashes
    assert "default-src 'none'" in page.policy
    assert "connect-src" not in page.policy
    assets = files("proteingraph.viz.report").joinpath("assets")
    assert scripts[0] == assets.joinpath(VIEWER).read_text("utf-8")
    for name in SCRIPTS:
        assert assets.joinpath(name).read_text("utf-8") in scripts[1]


def test_nothing_is_fetched(page):
    for tag, attributes in page.tags:
        assert not {"src", "srcset", "poster", "data"} & set(attributes), tag
        assert tag not in ("link", "iframe", "object", "embed", "base"), tag


def test_structure_is_in_the_page(payload, hostile):
    assert payload["sequence"] == hostile.sequence
    assert payload["chains"] == hostile.chain_ids
    np.testing.assert_array_equal(unpacked(payload["number"]), hostile.residue_number)
    names = np.array(payload["names"])[unpacked(payload["name"])]
    np.testing.assert_array_equal(names, hostile.residue_name)
    atoms = payload["atoms"]
    np.testing.assert_array_equal(
        unpacked(atoms["position"]).reshape(-1, 3), hostile.atom_coord.astype(np.float32)
    )
    np.testing.assert_array_equal(unpacked(atoms["residue"]), hostile.atom_residue)
    assert unpacked(payload["hasCA"]).tolist() == hostile.backbone_mask[:, 1].tolist()
    assert unpacked(payload["degree"]).sum() == len(unpacked(payload["sources"]))
    assert unpacked(payload["degree"])[3] == 0


def test_columns_are_in_the_page(payload, hostile):
    names = [column["name"] for column in payload["columns"]]
    assert names[1:3] == ["half", "score norm"]
    assert names[-2:] == ["B-factor", "chain"]
    first = payload["columns"][0]
    assert (first["low"], first["high"], first["unit"]) == (0, 79, "m")
    np.testing.assert_array_equal(unpacked(first["values"]), np.arange(80))
    assert payload["columns"][-1]["classes"] == hostile.chain_ids


def test_licence_of_the_viewer_goes_with_it(page_file):
    text = page_file.read_text("utf-8")
    assert "University of Pittsburgh" in text
    assert "Redistributions in binary form must reproduce the above copyright" in text


def test_helices_and_strands(test_files, model, tmp_path):
    path = tmp_path / "report.html"
    write_report(path, read_structure(test_files / "1aki.cif"), model)
    page = Tags(path.read_text("utf-8"))
    secondary = json.loads(page.scripts["application/json"][0])["secondary"]
    assert secondary[24:35].count("h") > 8  # helix B of lysozyme, residues 25 to 36
    assert secondary[42:45] == "sss"  # of its sheet
    assert not [tag for tag, attributes in page.tags if attributes.get("class") == "near"]
    assert path.stat().st_size < 1e6


def test_bad_columns_and_places(test_files, model, tmp_path):
    structure = read_structure(test_files / "1aki.cif")
    path = tmp_path / "report.html"
    with pytest.raises(ConfigError, match="'quality'"):
        write_report(path, structure, model, columns=[ResidueColumn("quality", [1.0])])
    assert not list(tmp_path.iterdir())
    with pytest.raises(ConfigError, match="cannot be written"):
        write_page(tmp_path / "absent" / "report.html", "")
