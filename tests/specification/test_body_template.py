from __future__ import annotations

from typing import Any

import orjson
import pytest

from mock_alohub.errors import BadOption, UnknownName
from mock_alohub.specification.body_template import LONGEST, fields_of, rendered

VALUES: dict[str, Any] = {
    "uuid": "bfd7",
    "duration": 60,
    "nobody": None,
    "empty": "",
    "name": 'Nguyễn "Bo" \\ \n',
    "yes": True,
    "digits": "007",
}


def told(template: str) -> Any:
    return orjson.loads(rendered(template, VALUES))


def test_inside_quotes_a_value_is_text() -> None:
    assert told('{"a": "{{uuid}}", "b": "{{duration}}", "c": "{{yes}}"}') == {"a": "bfd7", "b": "60", "c": "true"}


def test_outside_of_quotes_a_value_is_json() -> None:
    template = '{"a": {{uuid}}, "b": {{ duration }}, "c": {{nobody}}, "d": {{yes}}, "e": {{digits}}}'
    assert told(template) == {"a": "bfd7", "b": 60, "c": None, "d": True, "e": "007"}


def test_null_inside_quotes_is_nothing() -> None:
    assert told('{"a": "{{nobody}}"}') == {"a": ""}


def test_text_is_escaped_wherever_it_stands() -> None:
    assert told('{"a": "{{name}}", "b": {{name}}}') == {"a": VALUES["name"], "b": VALUES["name"]}


def test_several_values_can_make_one_text() -> None:
    assert told('{"a\\"b": "call {{uuid}} of {{duration}} s, \\"{{empty}}\\"", "c": {{duration}}}') == {
        'a"b': 'call bfd7 of 60 s, ""',
        "c": 60,
    }


def test_a_default_and_a_choice_can_be_given() -> None:
    template = """{"a": {{nobody | default('none', true)}}, "b": "{{'long' if duration > 30 else 'short'}}"}"""
    assert told(template) == {"a": "none", "b": "long"}


@pytest.mark.parametrize(
    "template",
    [
        '{"a": "{{uuid.__class__}}"}',
        '{"a": "{{uuid[0]}}"}',
        '{"a": "{{uuid.upper()}}"}',
        '{% for a in uuid %}{{a}}{% endfor %}',
        '{"a": "{{"x" * 999999999}}"}',
        '{"a": {{range(9)}}}',
        "{% set a = 1 %}{}",
        '{% include "x" %}{}',
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused(template: str) -> None:
    with pytest.raises(BadOption, match="may not"):
        rendered(template, VALUES)


@pytest.mark.parametrize("template", ['{"a": {{uuid}', '{"a": {{uuid', "{{", "{% x"])
def test_a_broken_template_is_a_mistake(template: str) -> None:
    with pytest.raises(BadOption):
        rendered(template, VALUES)


@pytest.mark.parametrize("template", ["", "[]", "{{uuid}}", '{"a": {{empty}}', '{"a": 07}'])
def test_what_is_no_json_object_is_a_mistake(template: str) -> None:
    with pytest.raises(BadOption, match="what the template gives"):
        rendered(template, VALUES)


def test_an_unknown_field_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown field of a template `uid`; did you mean `uuid`\?"):
        rendered('{"a": "{{uid}}"}', VALUES)


def test_an_unknown_filter_is_a_mistake() -> None:
    with pytest.raises(UnknownName, match="filter of a template"):
        rendered('{"a": "{{uuid | tojson}}"}', VALUES)


@pytest.mark.parametrize(
    ("template", "gives"),
    [
        ('{# a "comment" #}{"a": {{uuid}}}', "bfd7"),
        ('{"a": "{{ \'}}"\' }} {{uuid}}"}', '}}" bfd7'),
        ('{"a": "{% raw %}{{uuid}} {% endraw %}{{uuid}}"}', "{{uuid}} bfd7"),
        ('{"a": {{- uuid -}} }', "bfd7"),
    ],
)
def test_quotes_count_where_they_are_sent(template: str, gives: str) -> None:
    assert told(template) == {"a": gives}


@pytest.mark.parametrize(
    "value", ["(" * 9_000 + "uuid" + ")" * 9_000, "not " * 9_000 + "uuid", "uuid" + "|trim" * 5_000]
)
def test_a_template_that_is_nested_too_deeply_is_a_mistake(value: str) -> None:
    with pytest.raises(BadOption, match="nested more than 32 levels deep"):
        rendered(f'{{"a": {{{{{value}}}}}}}', VALUES)


def test_a_template_has_bounds() -> None:
    with pytest.raises(BadOption, match="characters"):
        rendered("x" * (LONGEST + 1), VALUES)


def test_the_fields_of_a_template_are_known() -> None:
    assert fields_of('{"a": {{uuid}}, "b": "{{duration}} {{uuid}}"}') == ("uuid", "duration")
