// SPDX-License-Identifier: BSD-2-Clause
// abi/table/kdebug.toml. What the console shows is compared by run.py.
#include "l4/abi/kdebug.h"
#include "conformance/harness/message.h"
#include "conformance/harness/row.h"
#include "l4/sys/kdebug.h"

namespace conformance {
namespace {

template <int n>
void command(Word eax, Word ebx = 0) {
    asm volatile("int3\n\tcmpb %[n], %%al" : : "a"(eax), "b"(ebx), [n] "i"(n) : "cc", "memory");
}

const char text[] = "string";

ROW(kd_output) {
    cast(1);
    A.begin([] {
        asm volatile("int3\n\tnop\n\tjmp 1f\n\t.ascii \"# kd: display \"\n1:");
        command<L4_KD_OUTCHAR>('c');
        command<'d'>(0);
        command<' '>(0);
        command<L4_KD_OUTSTRING>(address(text));
        command<' '>(0);
        command<L4_KD_OUTNSTRING>(address(text), 3);
        command<' '>(0);
        command<L4_KD_OUTHEX32>(0x89abcdef);
        command<' '>(0);
        command<L4_KD_OUTHEX20>(0x89abcdef);
        command<' '>(0);
        command<L4_KD_OUTHEX16>(0x89abcdef);
        command<' '>(0);
        command<L4_KD_OUTHEX12>(0x89abcdef);
        command<' '>(0);
        command<L4_KD_OUTHEX8>(0x89abcdef);
        command<' '>(0);
        command<L4_KD_OUTDEC>(1234567);
        command<L4_KD_OUTCHAR>('\n');
        command<L4_KD_OUTSTRING>(nowhere);
        command<L4_KD_OUTNSTRING>(nowhere, 100);
        command<L4_KD_OUTSTRING>(L4_USER_TOP);
        command<L4_KD_OUTCHAR>('\n');
        log('A');
    });
    settle(5000);
    NO(A.busy());
    NO(A.fault.seen);
    LOG("A");
}

} // namespace
} // namespace conformance
