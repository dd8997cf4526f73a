# SPDX-License-Identifier: BSD-2-Clause
"""The examples."""

# Name, source, libraries.
EXAMPLES = {
    "ex_regs": ["c"],
    "exceptions": [
        "c",
        "thread",
    ],
    "hello": ["cc"],
    "hostile": [
        "c",
        "con:client",
        "log:client",
        "names:client",
        "thread",
    ],
    "pager": ["c"],
    "ping_pong": [
        "c",
        "thread",
    ],
    "regions": [
        "c",
        "region",
    ],
    "semaphores": [
        "c",
        "semaphore",
        "thread",
    ],
    "servers": [
        "c",
        "con:client",
        "names:client",
    ],
    "threads": [
        "c",
        "thread",
    ],
    "time_faults": ["c"],
    "two_tasks": ["c"],
}
