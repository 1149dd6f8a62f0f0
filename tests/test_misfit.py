"""What is wrong with a value is said in words that need no programmer."""

from datetime import date
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.setup.misfit import misfit


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    whole: int = 0
    number: float = 0.0
    flag: bool = False
    text: str = ""
    names: list[str] = []
    pair: tuple[str, ...] = ()
    table: dict[str, str] = {}
    inner: "Form | None" = None
    few: Annotated[int, Field(le=3)] = 0
    name: Annotated[str, Field(min_length=2)] = "ab"
    day: date = date.min


class Needy(BaseModel):
    wanted: int


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"whole": "x"}, "should be a whole number"),
        ({"whole": 1.5}, "should be a whole number"),
        ({"number": "x"}, "should be a number"),
        ({"flag": "perhaps"}, "should be true or false"),
        ({"text": 3}, "should be text"),
        ({"names": 3}, "should be a list"),
        ({"pair": 3}, "should be a list"),
        ({"table": 3}, "should be a mapping"),
        ({"inner": 3}, "should be a mapping"),
        ({"few": 4}, "should be less than or equal to 3"),
        ({"name": "a"}, "should have at least 2 characters"),
        ({"day": []}, "should be a valid date"),
        ({"color": 1}, "is not known"),
    ],
)
def test_a_value_that_does_not_fit(given: dict[str, Any], expected: str) -> None:
    """It is said what it should be."""
    with pytest.raises(ValidationError) as caught:
        Form.model_validate(given)

    assert expected == misfit(caught.value.errors()[0])


def test_a_value_that_is_missing() -> None:
    """Its name is in front of these words."""
    with pytest.raises(ValidationError) as caught:
        Needy.model_validate({})

    assert "is missing" == misfit(caught.value.errors()[0])
