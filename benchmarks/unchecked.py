"""Import lexloom where pydantic or threadpoolctl is missing, as on a GPU machine without a network.

Settings are then taken as they are, with their defaults, and the threads of BLAS are not limited.
"""

import sys
from importlib import import_module
from typing import Any, ClassVar
from unittest.mock import MagicMock


class Unchecked:
    """Values by name, with defaults, in place of pydantic's `BaseModel`."""

    defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: vars(cls).get(name) for name in vars(cls).get("__annotations__", {})}
        bases = [base.defaults for base in reversed(cls.__mro__) if issubclass(base, Unchecked)]
        cls.defaults = {name: value for fields in [*bases, own] for name, value in fields.items()}

    def __init__(self, **values: Any):
        self.__dict__.update(self.defaults | values)

    @classmethod
    def model_validate(cls, values: dict[str, Any]) -> "Unchecked":
        """Return the settings."""
        return cls(**values)


def replace_missing() -> None:
    """Put something in place of each package that is missing."""
    for name in ("pydantic", "threadpoolctl"):
        try:
            import_module(name)
        except ModuleNotFoundError:
            sys.modules[name] = MagicMock(BaseModel=Unchecked, Field=lambda default=None, **rules: default)
            sys.modules.setdefault("pydantic_core", MagicMock())
            sys.modules.setdefault("pydantic_core.core_schema", MagicMock())
