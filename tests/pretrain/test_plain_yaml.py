"""YAML of plain values: read as it is, and refused where it is more than that."""

from __future__ import annotations

import pytest
import yaml

from proteingraph.pretrain.plain_yaml import parse_yaml


def test_plain_values_are_read() -> None:
    assert parse_yaml("") is None
    assert parse_yaml("1e-3") == "1e-3"  # YAML 1.1 asks for a point; settings turn it to a number
    assert parse_yaml("a: &x [1, 2.5]\nb: *x\nc: null") == {"a": [1, 2.5], "b": [1, 2.5], "c": None}
    assert len(parse_yaml(f"[{'1, ' * 50_000}]")) == 50_000


def test_aliases_of_aliases_are_counted_without_unfolding_them() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    with pytest.raises(yaml.YAMLError, match="unfolds to more than 100,000 values"):
        parse_yaml("\n".join(lines))
    assert len(parse_yaml("\n".join(lines[:4]))) == 4


@pytest.mark.parametrize("text", ["&a [*a]", "a: &m\n  b: *m\n"])
def test_what_holds_itself_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match="by aliases or by itself"):
        parse_yaml(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("!!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("!!python/name:os.system", "could not determine a constructor"),
        ("[" * 5000, "nested too deep"),
        ("2023-99-99", "month must be in"),
        ("9" * 5000, "Exceeds the limit"),
        ("a: [", "expected the node content|flow sequence"),
    ],
)
def test_what_is_no_plain_value_is_refused(text: str, told: str) -> None:
    with pytest.raises(yaml.YAMLError, match=told):
        parse_yaml(text)
