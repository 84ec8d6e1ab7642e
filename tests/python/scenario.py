"""The scenario language (tests/scenarios/README.md) for Python: reading it, and judging answers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

DIRECTORY = Path(__file__).resolve().parents[1] / "scenarios"
START_MS = 1_700_000_000_000
TIME_MAX_MS = 253_402_300_799_999
UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass
class Step:
    """`order d1 u1 k1 2 hold=yes -> held expires=+600s`"""

    line: int
    text: str
    words: list[str]
    options: dict[str, str]
    expected: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def verb(self) -> str:
        return self.words[0]


@dataclass
class Scenario:
    file: str
    title: str
    steps: list[Step]


@dataclass
class Answer:
    """What the way in answered; every value is text, times are offsets."""

    words: list[str]
    repeated: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    detail: str = ""


def split(text: str) -> tuple[list[str], dict[str, str]]:
    parts = text.split()
    words = [part for part in parts if "=" not in part]
    return words, dict(part.split("=", 1) for part in parts if "=" in part)


def read_step(number: int, line: str) -> Step:
    asked, _, answered = line.partition("->")
    words, options = split(asked)
    expected, facts = split(answered)
    step = Step(number, line.strip(), words, options, expected, facts)
    if words and words[0].startswith("expect"):  # It says what is seen, not what is done.
        step.facts = options | facts
    return step


def read(path: Path) -> Iterator[Scenario]:
    scenario = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        step = read_step(number, line.partition("#")[0])
        if not step.words:
            continue
        if step.verb == "scenario":
            if scenario is not None:
                yield scenario
            scenario = Scenario(path.name, " ".join(step.words[1:]), [])
        else:
            assert scenario is not None, f"{path.name}:{number} stands before the first scenario"
            scenario.steps.append(step)
    if scenario is not None:
        yield scenario


def all_scenarios() -> list[Scenario]:
    return [scenario for path in sorted(DIRECTORY.glob("*.drop")) for scenario in read(path)]


def ms_of(text: str) -> int | None:
    """+1h-1ms is 3599999; None for what is no time."""
    if text == "max":
        return TIME_MAX_MS - START_MS
    if not re.fullmatch(r"([+-]\d+(ms|[smhd]))+", text):
        return None
    parts = re.findall(r"([+-]\d+)(ms|[smhd])", text)
    return sum(int(number) * UNITS[unit] for number, unit in parts)


def time_of(text: str) -> int:
    offset = ms_of(text)
    assert offset is not None, f"no time: {text}"
    return START_MS + offset


def time_text(ms: int) -> str:
    """How the files write an offset: +60s, +3599999ms, max."""
    if ms == TIME_MAX_MS - START_MS:
        return "max"
    return f"{ms // 1000:+}s" if ms % 1000 == 0 else f"{ms:+}ms"


def same(expected: str, found: str) -> bool:
    time = ms_of(expected)
    return expected == found or (time is not None and time == ms_of(found))


def judge(step: Step, answer: Answer) -> str:
    """What is wrong with the answer; empty: nothing."""
    expected = list(step.expected)
    repeated = step.verb != "events" and len(expected) > 1 and expected[-1] == "repeated"
    if repeated:
        expected.pop()
    if not expected and step.verb != "events":
        expected = ["done"]
    if expected != answer.words:
        return f"expected {expected}, got {answer.words}"
    if answer.repeated != repeated and answer.words != ["repeated"]:
        return "was repeated" if answer.repeated else "was not repeated"
    for name, value in step.facts.items():
        found = answer.facts.get(name, "nothing")
        if not same(value, found):
            return f"expected {name}={value}, got {found}"
    return ""


def play(scenario: Scenario, do: Callable[[Step], Answer]) -> str:
    """The first thing that is wrong, with file and line; empty: nothing."""
    for step in scenario.steps:
        answer = do(step)
        wrong = judge(step, answer)
        if wrong:
            return f"{scenario.file}:{step.line}: {step.text}\n  {wrong} {answer.detail}"
    return ""
