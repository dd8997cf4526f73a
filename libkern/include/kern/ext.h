// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include "kern/ext_choice.h" // chosen by the build: libkern/ext.bzl
#include "l4/abi/thread.h"

namespace kern {

/// Which of the thesis's modifications of V2 this kernel has.  Each is asked for where it begins; what is
/// left out costs nothing there.
struct Ext {
    using Choice = ExtChoice;
    static constexpr bool utcb = Choice::utcb;                                 ///< docs/semantics.md 11
    static constexpr bool exception_ipc = utcb && Choice::exception_ipc;       ///< 12.2, 12.5
    static constexpr bool reflection = Choice::reflection;                     ///< 12.3, lidt
    static constexpr bool alien = exception_ipc && Choice::alien;              ///< 12.7
    static constexpr bool inter_task_ex_regs = Choice::inter_task_ex_regs;     ///< 13
    static constexpr bool ex_regs_no_cancel = Choice::ex_regs_no_cancel;       ///< 6.4, NO_CANCEL
    static constexpr bool ex_regs_stop = Choice::ex_regs_stop;                 ///< 14.6
    static constexpr bool ex_regs_fpu = Choice::ex_regs_fpu;                   ///< 14.2
    static constexpr bool ex_regs_state = utcb && Choice::ex_regs_state;       ///< 14.1, 14.4
    static constexpr bool time_limit = exception_ipc && Choice::time_limit;    ///< 15
    static constexpr bool tls = Choice::tls;                                   ///< 16, lldt
    static constexpr bool io_fault = Choice::io_fault;                         ///< 17.1
    static constexpr bool page_fault_state = utcb && Choice::page_fault_state; ///< 17.4
    static constexpr bool map_list = utcb && Choice::map_list;                 ///< 17.5
    static constexpr bool shortcut = Choice::shortcut; ///< no modification: nobody can tell (shortcut.cc)

    /// The flags of lthread_ex_regs that mean something.
    static constexpr l4_word_t ex_regs_flags =
        (ex_regs_no_cancel ? L4_EX_REGS_NO_CANCEL : 0) | (ex_regs_stop ? L4_EX_REGS_STOP : 0) |
        (ex_regs_fpu ? L4_EX_REGS_FPU_GET | L4_EX_REGS_FPU_SET | L4_EX_REGS_FPU_RESET : 0) |
        (ex_regs_state ? L4_EX_REGS_STATE_GET | L4_EX_REGS_STATE_SET : 0) |
        (tls && utcb ? L4_EX_REGS_TLS : 0) | (exception_ipc ? L4_EX_REGS_RAISE_EXCEPTION : 0) |
        (alien ? L4_EX_REGS_ALIEN : 0);
};

} // namespace kern
