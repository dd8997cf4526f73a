// SPDX-License-Identifier: BSD-2-Clause
// One of each kind of mutable data that libkern may not have: the test for that must find them all.
namespace seeded {

int initialized = 1;
int zero;
inline int shared_by_headers = 2;
thread_local int per_thread;
[[gnu::section("x")]] int in_a_section_of_its_own = 3;

int counter() {
    static int calls;
    return ++calls + shared_by_headers;
}

// Constant, so not to be found.
extern const int constant_in_a_section;
[[gnu::section("y")]] const int constant_in_a_section = 4;
extern const int* const constant_pointers[];
const int* const constant_pointers[] = {&initialized, &zero};

} // namespace seeded
