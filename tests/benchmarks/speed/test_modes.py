from __future__ import annotations

import json

from benchmarks.speed.modes import MODES, main


def test_modes_are_named_by_way_and_precision():
    assert MODES["float32"] == ("", "")
    assert MODES["TF32"] == ("", "TF32")
    assert MODES["CUDA graphs, bf16"] == ("CUDA graphs", "bf16")
    assert MODES["compiled"] == ("compiled", "")


def test_the_benchmark_writes_what_it_measured(tmp_path, capsys):
    file = tmp_path / "modes.json"
    asked = ["--modes", "float32", "bf16", "--sizes", "32", "--repeats", "1", "--threads", "1"]
    main([*asked, "--json", str(file)])
    told = json.loads(file.read_text(encoding="utf-8"))["figures"]["training step"]["32"]
    assert told["float32"]["times_float32"] == 1
    assert told["bf16"]["seconds"] > 0 < told["bf16"]["first_call_seconds"]
    assert "first call" in capsys.readouterr().out
