"""Whatever stands for an expression: it is one, or it is told why not, and it ends."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.policies.blame import blamed
from fused_spec.spec.policies.expression import Expression, ExpressionError
from fused_spec.spec.policies.policy import OF_DOCUMENTS
from tests.depth import examples

_WORDS = """spec metadata target . .a .steps .b [ ] ( ) { } 'x' "y" 1 2.5 true null has( size( .all(s, .exists(s, s s.a
.matches( && || ! == != < > in ? : , - r'' //"""
WORDS = st.sampled_from([*_WORDS.split(), " ", "\n", "\0", "\ud800", "é", "\\"])
EXPRESSIONS = st.lists(WORDS, max_size=12).map("".join) | st.text(max_size=40)
FIELDS = st.sampled_from(["a", "b", "steps"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "steps"]), inner, max_size=3)
    ),
    max_leaves=8,
)
PARTS = st.dictionaries(FIELDS, VALUES, max_size=3)


@examples(500)
@given(text=EXPRESSIONS, spec=PARTS, metadata=PARTS)
def test_an_expression_is_used_or_told(text: str, spec: Any, metadata: Any) -> None:
    facts = {"spec": spec, "metadata": metadata, "target": {"name": "dev"}}
    try:
        expression = Expression(text, OF_DOCUMENTS)
        holds = expression.holds(facts)
    except ExpressionError as error:
        assert str(error)
        assert error.hint
        return
    pointer = blamed(expression, facts) if holds else ()
    assert all(isinstance(step, str | int) for step in pointer)


@examples(200)
@given(field=FIELDS, spec=PARTS)
def test_what_is_asked_for_is_to_blame(field: str, spec: Any) -> None:
    facts = {"spec": spec, "metadata": {}, "target": {}}
    try:
        holds = Expression(f"has(spec.{field})", OF_DOCUMENTS).holds(facts)
    except ExpressionError:
        return  # a number that CEL does not know
    assert holds == (field in spec)
    assert blamed(Expression(f"has(spec.{field})", OF_DOCUMENTS), facts) == ("spec", field)
