"""Rules are saved with a model and applied to the rows that it scores."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes.http import Client
from scoring.example_models import flights

from sparkops.errors import ModelError, RowError
from sparkops.scoring import Description, Field, Scorer, load, save
from sparkops.scoring.ir.conditions import ColumnRef as Column
from sparkops.scoring.ir.conditions import Compare, Constant, IsIn, IsNull, RowRule
from sparkops.scoring.ir.portable_rules import MAX_RULES, OmittedRule, PortableRule, PortableRules
from sparkops.scoring.rules.compatibility import keep_supported
from sparkops.serving.app import create_app
from sparkops.serving.service import Service

GOOD = {"carrier": "UA", "distance": 100, "temp": 40.0}
FAR = {**GOOD, "distance": 9000}
TYPES = {"carrier": "string", "distance": "integer", "temp": "double", "tail": "string"}


def portable_rule(name: str, expects: Any, **more: Any) -> PortableRule:
    rule = RowRule(
        fields=(name,), expects=expects, unless=IsNull(Column(name)), where=more.pop("where", None)
    )
    facts = {"table": "t", "place": "t.yml:3", "policy": "fail", "mostly": 1.0, "types": {name: TYPES[name]}}
    return PortableRule(**{"label": f"about {name}", **facts, **more}, rule=rule)


NEAR = portable_rule("distance", Compare("<=", Column("distance"), Constant(5000)))
WARM = portable_rule("temp", Compare(">", Column("temp"), Constant(0)), policy="warn")


def model(*rules: PortableRule) -> Description:
    return replace(flights(), checks=PortableRules(rules=rules or (NEAR, WARM)))


def test_a_violating_row_is_refused_with_rule_field_and_value(tmp_path: Path) -> None:
    save(model(), tmp_path)
    scorer = load(tmp_path, rules="refuse")
    assert scorer.score(GOOD) == Scorer(flights()).score(GOOD)
    with pytest.raises(
        RowError, match=r"Field `distance`: 9000 violates about distance.*`t` \(t.yml:3\)"
    ) as raised:
        scorer.score(FAR)
    assert (raised.value.field, raised.value.value) == ("distance", 9000)
    with pytest.raises(RowError, match=r"^Row 1: Field `distance`"):
        scorer.score_batch([GOOD, FAR])
    assert scorer.broken == {"about distance": 2}


def test_rules_with_policy_warn_or_mostly_refuse_no_row() -> None:
    most = portable_rule("distance", Compare("<=", Column("distance"), Constant(5000)), mostly=0.9)
    scorer = Scorer(model(most, WARM), rules="refuse")
    scorer.score({**FAR, "temp": -1.0})
    assert scorer.broken == {"about distance": 1, "about temp": 1}


def test_each_rule_is_logged_once_and_all_violations_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    scorer = Scorer(model(), rules="warn")
    with caplog.at_level(logging.WARNING, "sparkops.scoring"):
        answers = [scorer.score(FAR), scorer.score(FAR, explain=True)]
        scorer.score_batch({"carrier": ["UA"] * 3, "distance": [9000, 1, 9000], "temp": [None] * 3})
    assert answers[0] == Scorer(flights()).score(FAR)
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "Field `distance`: 9000 violates about distance"
    ]
    assert scorer.broken == {"about distance": 4}


@pytest.mark.parametrize(("apply", "broken"), [("count", {"about distance": 1}), ("off", {})])
def test_modes_count_and_off_log_nothing(apply: Any, broken: Any, caplog: pytest.LogCaptureFixture) -> None:
    scorer = Scorer(model(), rules=apply)
    assert scorer.score(FAR) == scorer.answer(FAR)
    assert not caplog.records
    assert scorer.broken == broken


def test_errors_of_the_model_are_the_same_with_rules() -> None:
    scorer = Scorer(model(), rules="refuse")
    for row in ({"carrier": "UA"}, {**GOOD, "distance": "far"}, ["UA"]):
        with pytest.raises(RowError) as without_rules:
            Scorer(flights()).score(row)  # type: ignore[arg-type]
        with pytest.raises(RowError) as with_rules:
            scorer.score(row)  # type: ignore[arg-type]
        assert str(with_rules.value) == str(without_rules.value)


def test_an_edited_rule_is_refused(tmp_path: Path) -> None:
    save(model(), tmp_path)
    file = tmp_path / "description.json"
    content = json.loads(file.read_text())
    assert content["format"] == 3
    content["checks"]["rules"][0]["rule"]["expects"]["right"]["value"] = 10**6
    file.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="was changed after it was compiled"):
        load(tmp_path)
    del content["checks"]["rules"][0]["rule"]["expects"]
    file.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="damaged"):
        load(tmp_path)


def test_unsupported_rules_are_left_out_with_the_reason() -> None:
    rules = PortableRules(
        rules=(
            NEAR,
            portable_rule("tail", IsIn(Column("tail"), ("N1",))),
            portable_rule("temp", Compare(">", Column("temp"), Constant(0)), types={"temp": "string"}),
            portable_rule("temp", Compare(">", Column("temp"), Constant(0)), where="distance > 1"),
            portable_rule("carrier", Compare(">", Column("carrier"), Constant(1))),
        ),
        left_out=(OmittedRule(label="unique", table="t", reason="it needs the whole table"),),
    )
    supported = keep_supported(rules, flights().fields)
    assert supported.rules == (NEAR,)
    assert [omitted.reason for omitted in supported.left_out] == [
        "column `tail` is not read by the model",
        "column `temp` is string in the table and double in the model",
        "its row condition is text of SQL",
        "it compares text values with 1",
        "it needs the whole table",
    ]


def test_a_rule_beyond_the_greatest_number_is_left_out_with_the_reason() -> None:
    supported = keep_supported(PortableRules(rules=(NEAR,) * (MAX_RULES + 1)), flights().fields)
    assert len(supported.rules) == MAX_RULES
    assert [omitted.reason for omitted in supported.left_out] == ["a model carries at most 1,000 rules"]


def test_a_server_returns_the_message_of_the_rule_and_the_counts() -> None:
    client = Client(create_app(Service(Scorer(model(), rules="refuse"))))
    answer = client.post("/invocations", json={"dataframe_records": [GOOD, FAR]})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Row 1: Field `distance`: 9000 violates about distance")
    assert client.get("/health/ready").json()["rules_broken"] == {"about distance": 1}


def test_columns_with_dots_are_named_in_backticks() -> None:
    rule = replace(portable_rule("temp", IsNull(Column("`a.b`"))), types={"a.b": "string"})
    quoted = replace(rule, rule=replace(rule.rule, fields=("`a.b`",), unless=None))
    assert keep_supported(PortableRules(rules=(quoted,)), [Field("a.b", "string")]).rules == (quoted,)
