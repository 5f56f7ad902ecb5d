"""YAML read with the line of every key."""

from __future__ import annotations

from sparkops.config.yaml_tree import iterate_leaves, merge, read_tree


def tree(tmp_path, text):
    file = tmp_path / "a.yml"
    file.write_text(text)
    return read_tree(file, "a.yml")


def test_every_key_has_its_line(tmp_path):
    read = tree(tmp_path, "# first\na:\n  b: 1\n  c: {d: x}\n")
    assert read.values == {"a": {"b": 1, "c": {"d": "x"}}}
    assert read.places == {
        ("a",): "a.yml:2",
        ("a", "b"): "a.yml:3",
        ("a", "c"): "a.yml:4",
        ("a", "c", "d"): "a.yml:4",
    }


def test_anchors_and_merged_keys_are_followed(tmp_path):
    read = tree(tmp_path, "x: &one {a: 1, b: 2}\ny:\n  <<: *one\n  b: 3\nz: *one\n")
    assert read.values["y"] == {"a": 1, "b": 3}
    assert read.values["z"] == {"a": 1, "b": 2}
    assert read.problems == []


def test_every_problem_of_a_file_is_reported(tmp_path):
    read = tree(tmp_path, "a: 1\na: 2\n1: x\n? [b]\n: y\n")
    assert len(read.problems) == 3


def test_a_later_layer_is_merged_into_mappings_and_replaces_other_values(tmp_path):
    first, second = tree(tmp_path, "a: {b: 1, c: [1, 2]}\n"), tree(tmp_path, "\na: {c: [3], d: 4}\n")
    merged = merge([first, second])
    assert merged.values == {"a": {"b": 1, "c": [3], "d": 4}}
    assert merged.places["a", "c"] == "a.yml:2"


def test_leaves_are_returned_with_their_key_path(tmp_path):
    assert list(iterate_leaves({"a": {"b": 1}, "c": [2]})) == [(("a", "b"), 1), (("c", "0"), 2)]
