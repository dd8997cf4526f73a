/* SPDX-License-Identifier: GPL-2.0-only */
#include "../../x86/entry/vdso/vdso32/sigreturn.S"
