from typing import Any, get_args

from msgspec import inspect

from common.messages import (
    AnyAnswer,
    AnyBroadcast,
    AnyCommand,
    events_topic,
    gateway_topic,
    presence_topic,
    typing_topic,
)

KINDS = {"do": AnyCommand, "re": AnyAnswer, "is": AnyBroadcast}


def test_every_message_is_told_apart_frozen_and_documented() -> None:
    for field, union in KINDS.items():
        kinds = get_args(union)
        tags = [kind.__struct_config__.tag for kind in kinds]
        assert len(set(tags)) == len(tags) > 5
        for kind in kinds:
            assert kind.__struct_config__.frozen
            assert kind.__struct_config__.tag_field == field
            assert kind.__doc__


def test_every_string_of_a_message_is_bounded() -> None:
    """Otherwise a foreign frame decides what it costs to compare or to normalise a string."""
    unbounded: list[str] = []

    def look(kind: Any, where: str) -> None:
        match kind:
            case inspect.StrType(max_length=None, pattern=None):
                unbounded.append(where)
            case inspect.Metadata(inner) | inspect.ListType(item_type=inner):
                look(inner, where)
            case inspect.DictType(key_type=key, value_type=value):
                look(key, where)
                look(value, where)
            case inspect.UnionType(kinds):
                for one in kinds:
                    look(one, where)
            case inspect.StructType(cls=cls, fields=fields):
                for field in fields:
                    look(field.type, f"{cls.__name__}.{field.name}")

    for union in KINDS.values():
        look(inspect.type_info(union), "")
    assert unbounded == []


def test_no_topic_is_the_beginning_of_another() -> None:
    rooms = ["a", "ab", "a/b", "@a", "A"]
    topics = [
        make(room)
        for make in (events_topic, presence_topic, typing_topic, gateway_topic)
        for room in rooms
    ]
    for one in topics:
        assert [other for other in topics if other.startswith(one)] == [one]
