# SPDX-License-Identifier: BSD-2-Clause
"""From what the kernel's bench prints to the table, to figures, and to what is wrong."""

import dataclasses

from suite import UNIT, Failed, aligned, bench_means, number

CXX = "_cxx"  # behind the id of an operation: of the kernel without assembly


@dataclasses.dataclass
class Budget:
    """Of one operation: above `bound` it fails; `must` and `aims`, if there are any, are what is wanted."""
    bound: int
    must: int
    aims: int
    title: str


@dataclasses.dataclass
class Operation:
    """The mean of all rounds; None: not counted."""
    instructions: float
    entries: float = None
    cr3_loads: float = None
    invlpgs: float = None

    def without(self, other):
        return Operation(self.instructions - other.instructions)


def read_budgets(text):
    """By id, from lines `ID BOUND MUST AIMS [TITLE]`."""
    budgets = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, bound, must, aims, *title = line.split(None, 4)
        if name in budgets:
            raise Failed(f"two budgets for {name}")
        must, aims = [None if goal == "-" else int(goal) for goal in (must, aims)]
        budgets[name] = Budget(int(bound), must, aims, title[0] if title else "")
    for name, budget in budgets.items():
        if not budget.title:
            of = budgets.get(name.removesuffix(CXX))
            budget.title = of.title if of else name
    return budgets


def read_bench(text):
    """Operations by the bench's own names, from lines `bench NAME ROUNDS` and sums over them."""
    return {name: Operation(*means) for name, means in bench_means(text).items()}


def operations(texts):
    """Ids of the table, from what the bench printed: texts by "", CXX, and "_plain", a kernel that never
    saves state on page faults."""
    found = {}
    for suffix in ("", CXX):
        for name, operation in read_bench(texts[suffix]).items():
            found[name + suffix] = operation
        with_state = found.pop("pf_map_with_state" + suffix)
        found["pf_state_extra" + suffix] = with_state.without(found["pf_map" + suffix])
    found["pf_save_extra"] = found["pf_map"].without(read_bench(texts["_plain"])["pf_map"])
    return found


def met(budget, operation):
    value = round(operation.instructions)
    if budget.must is None:
        return ""
    if budget.aims is not None and value <= budget.aims:
        return "as aimed at"
    return "yes" if value <= budget.must else "NO"


HEAD = ("operation", "id", "instructions", "must", "aims at", "met", "entries", "CR3 loads", "invlpg")


def table(budgets, found):
    lines = [HEAD]
    for name, budget in budgets.items():
        if name not in found:
            continue
        o = found[name]
        title = budget.title + (", by C++ alone" if name.endswith(CXX) else "")
        lines.append((title, name, f"{round(o.instructions):,}", number(budget.must), number(budget.aims),
                      met(budget, o), number(o.entries), number(o.cr3_loads), number(o.invlpgs)))
    return aligned(lines, left=(0, 1, 5))


def figures(budgets, found):
    """As `--json` has them."""
    all_of_them = []
    for name, budget in budgets.items():
        if name not in found:
            continue
        o = found[name]
        figure = {"suite": "kernel", "id": name, "value": round(o.instructions), "unit": UNIT}
        if budget.must is not None:
            figure["must"] = budget.must
        all_of_them.append(figure)
    return all_of_them


def wrong(budgets, found):
    """What is above its bound, missing, or without a bound."""
    texts = [f"{name} was not measured" for name in budgets if name not in found]
    texts += [f"{name} has no budget" for name in found if name not in budgets]
    for name, budget in budgets.items():
        value = round(found[name].instructions) if name in found else 0
        if value > budget.bound:
            texts.append(f"{name} takes {value} {UNIT}, its bound is {budget.bound}")
    message, reflection = found.get("exc_inter"), found.get("reflect_inter")
    if message and reflection and message.instructions >= reflection.instructions:
        texts.append("exc_inter costs more than reflect_inter, which it is to replace")
    return texts
