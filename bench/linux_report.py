# SPDX-License-Identifier: BSD-2-Clause
"""From what the bench prints in each Linux to the table, to figures, and to what is wrong."""

import dataclasses
import re

from suite import UNIT, Failed, aligned, bench_means, number

COMPILER = "gcc_compile"


@dataclasses.dataclass
class Budget:
    """Of one operation on drops: above `bound` instructions it fails; `must` and `aims`, in multiples of the
    native one, are what is wanted."""
    bound: int
    must: float
    aims: float
    title: str


@dataclasses.dataclass
class Operation:
    """Of one unit; the last three are counted on drops only."""
    instructions: float
    entries: float
    messages: float
    cr3_loads: float


def read_budgets(text):
    """By id, from lines `ID BOUND MUST AIMS TITLE`."""
    budgets = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, bound, must, aims, title = line.split(None, 4)
        if name in budgets:
            raise Failed(f"two budgets for {name}")
        budgets[name] = Budget(int(bound), float(must), float(aims), title)
    return budgets


def read_bench(text):
    """By id, of one unit, from lines `bench NAME UNITS CYCLES ENTRIES MESSAGES CR3`."""
    return {name: Operation(*means) for name, means in bench_means(text).items()}


def ratio(found, system, name):
    """To the native one; None: one of them was not measured."""
    ours, native = [found.get(of, {}).get(name) for of in (system, "native")]
    return ours.instructions / native.instructions if ours and native and native.instructions else None


def met(budget, times):
    if times is None:
        return ""
    if times <= budget.aims:
        return "as aimed at"
    return "yes" if times <= budget.must else "NO"


def instructions(found, system, name):
    operation = found.get(system, {}).get(name)
    return f"{operation.instructions:,.0f}" if operation else ""


HEAD = ("operation", "id", "native", "UML", "times", "drops", "times", "must", "aims at", "met", "entries",
        "messages", "CR3 loads")


def table(budgets, found):
    lines = [HEAD]
    for name, budget in budgets.items():
        times = ratio(found, "drops", name)
        drops = found.get("drops", {}).get(name)
        counted = (drops.entries, drops.messages, drops.cr3_loads) if drops else (None, None, None)
        native, uml, ours = [instructions(found, system, name) for system in ("native", "uml", "drops")]
        lines.append((budget.title, name, native, uml, number(ratio(found, "uml", name)), ours, number(times),
                      number(budget.must), number(budget.aims), met(budget, times), *map(number, counted)))
    return aligned(lines, left=(0, 1, 9))


def figures(budgets, found):
    """As `--json` has them."""
    all_of_them = []
    for name, budget in budgets.items():
        if name not in found.get("drops", {}):
            continue
        value = round(found["drops"][name].instructions)
        figure = {"suite": "linux", "id": name, "value": value, "unit": UNIT}
        for system in ("native", "uml"):
            if name in found.get(system, {}):
                figure[system] = round(found[system][name].instructions)
        if "native" in figure:
            figure["must"] = round(budget.must * figure["native"])
        all_of_them.append(figure)
    return all_of_them


def wrong(budgets, found):
    """What is missing, without a bound, above its bound, or above what it must be."""
    texts = []
    for system, operations in found.items():
        texts += [f"{name} was not measured ({system})" for name in budgets if name not in operations]
        texts += [f"{name} has no budget" for name in operations if name not in budgets]
    for name, budget in budgets.items():
        value, times = found.get("drops", {}).get(name), ratio(found, "drops", name)
        if value and round(value.instructions) > budget.bound:
            texts.append(f"{name} takes {value.instructions:.0f} {UNIT}, its bound is {budget.bound}")
        if met(budget, times) == "NO":
            texts.append(f"{name} takes {times:.2f} times what it takes natively; "
                         f"it must be {number(budget.must)}")
    return texts


def other_objects(texts):
    """What is wrong with the objects that the compiler made: they are to be the same in all systems."""
    sums = {system: re.findall(r"^objects (\w+)\s*$", text, re.M) for system, text in texts.items()}
    if len({tuple(of) for of in sums.values()}) < 2:
        return []
    return [f"{COMPILER} made other objects in one system than in another: "
            + ", ".join(f"{' '.join(of) or 'none'} ({system})" for system, of in sums.items())]
