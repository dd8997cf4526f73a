// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "calls.h"

/// Test Anything Protocol on the kernel's console.
class Tap {
public:
    void check(bool good, const char* what) {
        put(good ? "ok " : "not ok ");
        put_decimal(static_cast<Word>(++count_));
        put(" - ");
        put(what);
        put("\n");
        failed_ |= !good;
    }
    /// Prints the value found when it is not the one expected.
    void equal(Word found, Word expected, const char* what) {
        check(found == expected, what);
        if (found == expected) return;
        put("# found ");
        put_hex(found);
        put(", expected ");
        put_hex(expected);
        put("\n");
    }
    /// The plan, and QEMU's end: status 33, or 35 when a check failed.
    [[noreturn]] void done() const {
        put("1..");
        put_decimal(static_cast<Word>(count_));
        put("\n");
        asm volatile("outb %0, %1" ::"a"(static_cast<unsigned char>(failed_ ? 0x11 : 0x10)), "Nd"(0xf4));
        for (;;) sleep(never);
    }

private:
    int count_ = 0;
    bool failed_ = false;
};
