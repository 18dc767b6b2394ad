"""What a scenario is: a story told to an endpoint step by step, read from a YAML file that a schema describes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from mock_alohub import bundle
from mock_alohub.errors import BadOption, UnknownName, Unreadable
from mock_alohub.project import document_url
from mock_alohub.server.operations import Shape
from mock_alohub.server.switchboard import speaks_of_calls
from mock_alohub.specification.specification import DEFAULT, Specification
from mock_alohub.specification.webhook import Json

FOLDER: Final = Path(__file__).parent / "bundled"
"""Where the bundled ones lie."""
SUFFIXES: Final = (".yaml", ".yml")
SIZE_LIMIT: Final = 256 * 1024
CALLS_LIMIT: Final = 10_000
"""Calls of one scenario, so that a run can be read in one piece."""

_NAME: Final = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)
_OF_THE_RECEIVER: Final = frozenset({"inbox", "listening"})


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """A scenario. `steps` are as the schema has them, each a mapping with one verb; `policy` is that of its receiver.

    `ends` has the numbers at its end, at each endpoint. `bundled` tells it from those that a user added.
    """

    name: str
    title: str
    story: str
    steps: tuple[Mapping[str, Any], ...]
    ends: Mapping[str, int]
    policy: Mapping[str, Any] | None
    bundled: bool

    @property
    def own_receiver(self) -> bool:
        """Whether it needs the built-in receiver, because it tells how that behaves; else any endpoint will do."""
        return self.policy is not None or any(_OF_THE_RECEIVER & step.keys() for step in self.steps)


class Catalogue:
    """The scenarios there are: the bundled ones and those of the folder `added`, by name.

    Files of `added` are read at once and raise a `Mistake` that names file and place; the bundled ones when they are
    first asked for.
    """

    def __init__(self, specification: Specification, added: Path | None = None) -> None:
        self._specification = specification
        self._added = () if added is None else _read_folder(added, specification, bundled=False)
        for one in self._added:
            if (FOLDER / f"{one.name}.yaml").exists():
                raise BadOption(f"`{one.name}` in {added} has the name of a bundled scenario", hint="rename the file")
        self._all: dict[str, Scenario] | None = None

    def all(self) -> Iterable[Scenario]:
        """Every scenario, in the order of their names."""
        return self._by_name().values()

    def named(self, name: str) -> Scenario:
        """The scenario called `name`. Raises `UnknownName`."""
        found = self._by_name().get(name)
        if found is None:
            raise UnknownName("scenario", name, self._by_name(), hint="GET /api/v1/scenarios lists them")
        return found

    def _by_name(self) -> dict[str, Scenario]:
        if self._all is None:
            every = (*_bundled(self._specification), *self._added)
            self._all = {one.name: one for one in sorted(every, key=lambda one: one.name)}
        return self._all


def read(path: Path, specification: Specification, *, bundled: bool = False) -> Scenario:
    """The scenario in the file at `path`. Raises `Unreadable` that says file, line and place of what is wrong."""
    if not _NAME.fullmatch(path.stem):
        raise Unreadable(
            f"{path}: a scenario is called like its file, and `{path.stem}` is no name",
            hint="allowed: up to 64 small letters of ASCII, digits and hyphens",
        )
    text = _text(path)
    content = _content(path, text)
    shape = _shape(specification)
    if not shape.accepts(content):
        hint = f"examples are in {FOLDER}; the guide is {document_url('docs/scenarios.md')}"
        raise Unreadable("; ".join(_complaints(path, text, content, shape)), hint=hint)
    told: Any = shape.settled(content)
    if sum(step["call"].get("count", 1) for step in told["steps"] if "call" in step) > CALLS_LIMIT:
        raise Unreadable(f"{path}: a scenario has at most {CALLS_LIMIT:,} calls")
    return Scenario(
        name=path.stem,
        title=told["title"],
        story=" ".join(told.get("story", "").split()),
        steps=tuple(told["steps"]),
        ends=told.get("ends", {}),
        policy=told.get("policy"),
        bundled=bundled,
    )


def _read_folder(folder: Path, specification: Specification, *, bundled: bool) -> tuple[Scenario, ...]:
    if not folder.is_dir():
        raise Unreadable(f"there is no folder {folder}", hint="--scenarios takes a folder of YAML files")
    paths = sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file())
    if not bundled and not paths:
        raise Unreadable(f"there is no scenario in {folder}", hint="a scenario is a file such as my-story.yaml")
    found: dict[str, Path] = {}
    for path in paths:
        if path.stem in found:
            raise Unreadable(f"{found[path.stem]} and {path} are scenarios with one name", hint="rename one of them")
        found[path.stem] = path
    return tuple(read(path, specification, bundled=bundled) for path in paths)


def _bundled(specification: Specification) -> Iterator[Scenario]:
    """The bundled scenarios that can be told with `specification`: those about calls need messages that tell of calls.

    Their receiver has the retries of the bundled specification, which they were written for.
    """
    if speaks_of_calls(specification):
        yield from _read_folder(FOLDER, specification, bundled=True)
        return
    retries = Specification.load().webhook(DEFAULT[0]).delivery["retries"]
    for path in sorted(FOLDER.glob("*.yaml")):
        with suppress(Unreadable):
            one = read(path, specification, bundled=True)
            yield replace(one, policy={"retries": retries, **(one.policy or {})}) if one.own_receiver else one


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise Unreadable(f"{path} has more than {SIZE_LIMIT:,} bytes, too much for a scenario")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path} is not UTF-8 text") from None


class _Loader(yaml.SafeLoader):
    """YAML whose times stay text, as JSON would have them, and in which no name stands twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as yaml has it
        first: [(tag, form) for tag, form in known if tag != "tag:yaml.org,2002:timestamp"]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """The mapping of `node`. Raises `ConstructorError` for a name that stands twice: the first would be lost."""
        names = [key.value for key, _ in node.value]
        for place, name in enumerate(names):
            if name in names[:place]:
                mark = node.value[place][0].start_mark
                raise yaml.constructor.ConstructorError(None, None, f"`{name}` is there twice", mark)
        return super().construct_mapping(node, deep)


def _content(path: Path, text: str) -> Json:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader of ours
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f", line {error.problem_mark.line + 1}"
        raise Unreadable(f"{path}{line}: {error.problem or 'this is not YAML'}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(f"{path} is not YAML: {' '.join(str(error).split())}") from None


@cache
def _shape(specification: Specification) -> Shape:
    """The schema of a scenario. What it refers to in `openapi.yaml` is found among the components there."""
    text = (bundle.path("schemas") / "mock-alohub" / "scenario.json").read_text()
    return Shape(orjson.loads(text.replace("../../openapi.yaml#/", "#/")), specification.document)


def _complaints(path: Path, text: str, content: Json, shape: Shape) -> Iterable[str]:
    """What is wrong, each with its line."""
    root = yaml.compose(text, Loader=_Loader)
    for flaw in shape.flaws(content, "file"):
        yield f"{path}, line {_line(root, flaw.pointer)}: {flaw.detail}"


def _line(node: Any, pointer: str) -> int:
    """The line of the value at `pointer`, or of the last thing on the way there."""
    line = node.start_mark.line + 1 if node is not None else 1
    for word in (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]):
        if isinstance(node, yaml.SequenceNode) and word.isdecimal() and int(word) < len(node.value):
            node = node.value[int(word)]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == word), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
    return int(line)
