/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes of stack. */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>

.text

/* struct task_struct *__switch_to(prev, next): returns on the stack of next, with the prev of
 * whoever switched to it. */
SYM_FUNC_START(__switch_to)
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %esp, TASK_SP(%eax)
    movl TASK_SP(%edx), %esp
    movl %edx, current_task
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    RET
SYM_FUNC_END(__switch_to)

/* Where a new thread comes out of __switch_to: EAX is prev, EBX a kernel thread's function or 0, EDI its
 * argument. */
SYM_CODE_START(ret_from_fork)
    movl %ebx, %edx
    movl %edi, %ecx
    xorl %ebp, %ebp
    call l4_first_run
    ud2
SYM_CODE_END(ret_from_fork)

/* The keeper makes a thread of the server go on here after a fault that nothing mends. */
SYM_CODE_START(l4_oops_entry)
    subl $16, %esp
    andl $~15, %esp
    xorl %ebp, %ebp
    call l4_oops
    ud2
SYM_CODE_END(l4_oops_entry)

/* bool l4_copy_nofault(to, from, size): false when a byte could not be read or written. */
SYM_FUNC_START(l4_copy_nofault)
    pushl %esi
    pushl %edi
    movl %eax, %edi
    movl %edx, %esi
    movl $1, %eax
1:  rep movsb
2:  popl %edi
    popl %esi
    RET
3:  xorl %eax, %eax
    jmp 2b
    _ASM_EXTABLE(1b, 3b)
SYM_FUNC_END(l4_copy_nofault)
