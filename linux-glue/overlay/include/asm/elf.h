/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_L4_ELF_H
#define _ASM_L4_ELF_H

#include <asm/auxvec.h>
#include <asm/ptrace.h>
#include <asm/user.h>
#include <linux/types.h>

#define elf_check_arch(x) ((x)->e_machine == EM_386)
#define ELF_CLASS         ELFCLASS32
#define ELF_DATA          ELFDATA2LSB
#define ELF_ARCH          EM_386
#define ELF_EXEC_PAGESIZE 4096
#define ELF_ET_DYN_BASE   PAGE_ALIGN(TASK_SIZE / 3 * 2)
#define ELF_PLATFORM      ("i686")
#define ELF_HWCAP         (boot_cpu_data.x86_capability[0])
#define ELF_HWCAP2        0
#define CORE_DUMP_USE_REGSET

#define R_386_32    1
#define R_386_PC32  2
#define R_386_PLT32 4

typedef unsigned long elf_greg_t;
#define ELF_NGREG (sizeof(struct user_regs_struct) / sizeof(elf_greg_t))
typedef elf_greg_t elf_gregset_t[ELF_NGREG];
typedef struct user_i387_struct elf_fpregset_t;

#define SET_PERSONALITY(ex) \
    do {                    \
    } while (0)
/* All general registers are 0. */
#define ELF_PLAT_INIT(regs, load_addr) memset((regs), 0, offsetof(struct pt_regs, ds))

/* The vDSO (vdso/map.c). */
#define ARCH_DLINFO                                                             \
    do {                                                                        \
        NEW_AUX_ENT(AT_MINSIGSTKSZ, l4_signal_frame_size());                    \
        if (!current->mm->context.vdso) break;                                  \
        NEW_AUX_ENT(AT_SYSINFO, l4_vdso_vsyscall());                            \
        NEW_AUX_ENT(AT_SYSINFO_EHDR, (unsigned long)current->mm->context.vdso); \
    } while (0)
#define ARCH_HAS_SETUP_ADDITIONAL_PAGES
unsigned long l4_vdso_vsyscall(void);
unsigned long l4_signal_frame_size(void);
struct linux_binprm;
int arch_setup_additional_pages(struct linux_binprm* bprm, int uses_interp);
#endif
