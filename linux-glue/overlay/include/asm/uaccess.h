/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_UACCESS_H
#define _ASM_L4_UACCESS_H

/* A program's memory is in another address space: copies go through its page tables (mm/uaccess.c). */
#include <asm/unaligned.h>

unsigned long raw_copy_from_user(void* to, const void __user* from, unsigned long n);
unsigned long raw_copy_to_user(void __user* to, const void* from, unsigned long n);
unsigned long __clear_user(void __user* to, unsigned long n);
#define __clear_user __clear_user

#include <asm/processor.h>

#include <asm-generic/uaccess.h>

/* The keeper takes the fault and goes on at the label's error value (kernel/keeper.c). */
bool l4_copy_nofault(void* to, const void* from, unsigned int size);
#define __get_kernel_nofault(dst, src, type, label)                                       \
    do {                                                                                  \
        if (!l4_copy_nofault((void*)(dst), (const void*)(src), sizeof(type))) goto label; \
    } while (0)
#define __put_kernel_nofault(dst, src, type, label)                                       \
    do {                                                                                  \
        if (!l4_copy_nofault((void*)(dst), (const void*)(src), sizeof(type))) goto label; \
    } while (0)
#endif
