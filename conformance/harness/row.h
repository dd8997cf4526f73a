// SPDX-License-Identifier: BSD-2-Clause
#pragma once
// A row of abi/table as a function, and what it says when the kernel does something else.
#include "conformance/harness/actor.h"
#include "l4/abi/rows.h"

namespace conformance {

struct Row {
    const char* id;
    void (*show)();
};

/// One expectation. When one fails the row is `not ok`; it goes on all the same.
void expect(Word found, Word wanted, const char* what, const char* file, int line);

/// When the machine has just started, before anything else: what root and sigma0 were.
struct AtBoot {
    Regs root, sigma0, root_registers, root_id;
};
extern AtBoot at_boot;

} // namespace conformance

/// The body follows. Rows run one after the other, each with nothing left of the one before.
#define ROW(name)                                                                                    \
    static void row_##name();                                                                        \
    [[gnu::used, gnu::section("conformance_rows"),                                                   \
      gnu::aligned(8)]] static const ::conformance::Row entry_##name{::l4rows::name.id, row_##name}; \
    static void row_##name()

#define EQ(found, wanted)                                                                                    \
    ::conformance::expect(static_cast<::conformance::Word>(found), static_cast<::conformance::Word>(wanted), \
                          #found, __FILE__, __LINE__)
#define YES(condition) EQ(static_cast<bool>(condition), true)
#define NO(condition)  EQ(static_cast<bool>(condition), false)
/// The letters that actors logged since the last look.
#define LOG(text) ::conformance::expect_log(text, __FILE__, __LINE__)
