"""Any message that the types allow, for property tests."""

from typing import Any

import hypothesis.strategies as st
import msgspec
from msgspec import inspect


def any_message(union: Any) -> st.SearchStrategy[Any]:
    """Messages of one of these kinds, with values within the limits of their fields."""
    return _any(inspect.type_info(union)).map(lambda built: msgspec.convert(built, union))


def _any(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.Metadata(inner):
            return _any(inner)
        case inspect.UnionType(kinds):
            return st.one_of(*map(_any, kinds))
        case inspect.StructType(fields=fields, tag_field=tag_field, tag=tag):
            always: dict[str, Any] = {tag_field: st.just(tag)} if tag_field else {}
            always.update((f.encode_name, _any(f.type)) for f in fields if f.required)
            maybe = {f.encode_name: _any(f.type) for f in fields if not f.required}
            return st.fixed_dictionaries(always, optional=maybe)
        case inspect.IntType():
            low = kind.ge if kind.ge is not None else -(2**63)
            high = kind.le if kind.le is not None else (kind.lt or 2**63) - 1
            return st.integers(low, high)
        case inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True).filter(lambda s: not s.endswith("\n"))
        case inspect.StrType():
            return st.text(min_size=kind.min_length or 0, max_size=kind.max_length or 100)
        case inspect.FloatType():
            return st.floats(allow_nan=False)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType(values):
            return st.sampled_from(values)
        case inspect.ListType(item_type=item):
            return st.lists(_any(item), min_size=kind.min_length or 0, max_size=4)
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_any(key), _any(value), max_size=4)
        case _:
            raise TypeError(f"no strategy for {kind}")
