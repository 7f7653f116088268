"""The table and the chart of speed."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from benchmarks.speed.aims import NOT_RUN, Row
from benchmarks.speed.summary import BEGIN, END, draw, insert, read_records, tell

RECORD = {
    "machine": "a machine",
    "threads": 1,
    "versions": {"torch": "2.13.0"},
    "commit": "0123456789abcdef-modified",
    "load_average": 0.26,
    "settings": [],
}
LINES = [
    Row("quick", "≥ 2 x", "4 x", 2.0, True),
    Row("slow & dear", "≥ 2 x", "1 x", 0.5, False),
    Row("absent", "≥ 2 x"),
    Row("exact", "none", "0", met=True),
    Row("beside", "", "7"),
]


def test_records_are_read_as_far_as_there_are_any(tmp_path):
    (tmp_path / "pretrain.json").write_text(json.dumps(RECORD))
    (tmp_path / "other.json").write_text("{}")
    assert read_records(tmp_path) == {"pretrain": RECORD}


def test_the_section_says_where_figures_are_from():
    record = {**RECORD, "settings": [{"threads": 2, "workers": 0, "pipeline": 0.2, "shares": {}}]}
    told = tell({"pretrain": record, "embed": {**RECORD, "threads": 2}}, "a/speed.svg")
    assert "| pre-training, two threads: share of the time for the data | ≤ 10 % " in told
    assert "| 20 % () | 0.50 | **missed** |" in told.replace("20 %  (", "20 % (")
    assert f"| edges: 30 nearest of 50,000 | ≤ 0.8 s | {NOT_RUN} |  |  |" in told
    assert "![times better than asked](a/speed.svg)" in told
    text = " ".join(told.split())
    about = "commit 0123456 (modified), 0.3 processes at work when it began"
    both = f"`pretrain.json` (1 thread, {about}), `embed.json` (2 threads, {about})."
    assert f"On a machine; torch 2.13.0: {both}" in text
    lacking = "`encoder.json`, `encoder_gpu.json`, `graph.json`, `file_to_graph.json`: not run."
    assert text.endswith(lacking)


def test_the_section_takes_the_place_of_the_last(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for section in ("new", "newer"):
        insert(readme, section)
        assert readme.read_text() == f"before\n{BEGIN}\n{section}\n{END}\nafter\n"
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize(
    "text", ["", BEGIN, f"{END} {BEGIN}", f"{BEGIN}{BEGIN}{END}", f"{BEGIN}{END}" * 2]
)
def test_a_read_me_without_markers_is_left_alone(text, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(ValueError, match="once each"):
        insert(readme, "new")
    assert readme.read_text() == text


def test_the_chart_has_what_is_asked_and_is_the_same_each_time(tmp_path):
    charts = [tmp_path / name for name in ("one.svg", "two.svg")]
    for chart in charts:
        draw(LINES, chart)
    assert charts[0].read_bytes() == charts[1].read_bytes()
    texts = [text.strip() for text in ElementTree.parse(charts[0]).getroot().itertext()]
    assert [text for text in texts if "≥" in text] == [f"{r.what}: {r.asked}" for r in LINES[:3]]
    assert {"2.00", "0.50", NOT_RUN} <= set(texts)
    assert not any("exact" in text or "beside" in text for text in texts)
