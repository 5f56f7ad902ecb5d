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
from sparkops.scoring.ir.portable_rules import OmittedRule, PortableRule, PortableRules
from sparkops.scoring.rules.compatibility import keep_supported
from sparkops.serving.app import Service, create_app

GOOD = {"carrier": "UA", "distance": 100, "temp": 40.0}
FAR = {**GOOD, "distance": 9000}
TYPES = {"carrier": "string", "distance": "integer", "temp": "double", "tail": "string"}


def carried(name: str, expects: Any, **more: Any) -> PortableRule:
    rule = RowRule(
        fields=(name,), expects=expects, unless=IsNull(Column(name)), where=more.pop("where", None)
    )
    facts = {"table": "t", "place": "t.yml:3", "policy": "fail", "mostly": 1.0, "types": {name: TYPES[name]}}
    return PortableRule(**{"label": f"about {name}", **facts, **more}, rule=rule)


NEAR = carried("distance", Compare("<=", Column("distance"), Constant(5000)))
WARM = carried("temp", Compare(">", Column("temp"), Constant(0)), policy="warn")


def model(*rules: PortableRule) -> Description:
    return replace(flights(), checks=PortableRules(rules=rules or (NEAR, WARM)))


def test_a_violating_row_is_refused_with_rule_field_and_value(tmp_path: Path) -> None:
    save(model(), tmp_path)
    scorer = load(tmp_path, rules="refuse")
    assert scorer.score(GOOD) == Scorer(flights()).score(GOOD)
    with pytest.raises(
        RowError, match=r"Field `distance`: 9000 breaks about distance.*`t` \(t.yml:3\)"
    ) as told:
        scorer.score(FAR)
    assert (told.value.field, told.value.value) == ("distance", 9000)
    with pytest.raises(RowError, match=r"^Row 1: Field `distance`"):
        scorer.score_batch([GOOD, FAR])
    assert scorer.broken == {"about distance": 2}


def test_rules_with_policy_warn_or_mostly_refuse_no_row() -> None:
    most = carried("distance", Compare("<=", Column("distance"), Constant(5000)), mostly=0.9)
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
        "Field `distance`: 9000 breaks about distance"
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
        with pytest.raises(RowError) as without:
            Scorer(flights()).score(row)  # type: ignore[arg-type]
        with pytest.raises(RowError) as told:
            scorer.score(row)  # type: ignore[arg-type]
        assert str(told.value) == str(without.value)


def test_an_edited_rule_is_refused(tmp_path: Path) -> None:
    save(model(), tmp_path)
    file = tmp_path / "description.json"
    plain = json.loads(file.read_text())
    assert plain["format"] == 3
    plain["checks"]["rules"][0]["rule"]["expects"]["right"]["value"] = 10**6
    file.write_text(json.dumps(plain))
    with pytest.raises(ModelError, match="was changed after it was compiled"):
        load(tmp_path)
    del plain["checks"]["rules"][0]["rule"]["expects"]
    file.write_text(json.dumps(plain))
    with pytest.raises(ModelError, match="damaged"):
        load(tmp_path)


def test_unsupported_rules_are_left_out_with_the_reason() -> None:
    given = PortableRules(
        rules=(
            NEAR,
            carried("tail", IsIn(Column("tail"), ("N1",))),
            carried("temp", Compare(">", Column("temp"), Constant(0)), types={"temp": "string"}),
            carried("temp", Compare(">", Column("temp"), Constant(0)), where="distance > 1"),
            carried("carrier", Compare(">", Column("carrier"), Constant(1))),
        ),
        left_out=(OmittedRule(label="unique", table="t", why="it needs the whole table"),),
    )
    found = keep_supported(given, flights().fields)
    assert found.rules == (NEAR,)
    assert [one.why for one in found.left_out] == [
        "column `tail` is not read by the model",
        "column `temp` is string in the table and double in the model",
        "its row condition is text of SQL",
        "it compares a text with 1",
        "it needs the whole table",
    ]


def test_a_server_returns_the_message_of_the_rule_and_the_counts() -> None:
    client = Client(create_app(Service(Scorer(model(), rules="refuse"))))
    answer = client.post("/invocations", json={"dataframe_records": [GOOD, FAR]})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Row 1: Field `distance`: 9000 breaks about distance")
    assert client.get("/health/ready").json()["rules_broken"] == {"about distance": 1}


def test_columns_with_dots_are_named_in_backticks() -> None:
    rule = replace(carried("temp", IsNull(Column("`a.b`"))), types={"a.b": "string"})
    odd = replace(rule, rule=replace(rule.rule, fields=("`a.b`",), unless=None))
    assert keep_supported(PortableRules(rules=(odd,)), [Field("a.b", "string")]).rules == (odd,)
