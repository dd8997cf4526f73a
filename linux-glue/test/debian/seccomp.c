// SPDX-License-Identifier: GPL-2.0-only
// What a process may no longer call: nearly everything, at the price of its life; some calls, by a filter,
// which makes them errors or signals.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int trapped;

static void on_trap(int number, siginfo_t* info, void* context) {
    (void)number, (void)context;
    trapped = info->si_syscall;
}

static int strict(void) {
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    if (write(STDOUT_FILENO, "strict\n", 7) == 7) syscall(SYS_getpid);
    return 1;
}

static int filtered(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_uname, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sync, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof(code) / sizeof(*code), code};
    struct utsname name;
    sigaction(SIGSYS, &(struct sigaction){.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO}, NULL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        return perror("seccomp"), 1;
    const int done = uname(&name);
    printf("uname: %d %s\n", done, strerror(errno));
    syscall(SYS_getppid);
    printf("getppid: %s\n", trapped == SYS_getppid ? "a signal" : "no signal");
    fflush(stdout);
    sync();
    return 1;
}

static void run(int (*what)(void)) {
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) _exit(what());
    waitpid(child, &status, 0);
    printf("%s\n", WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "it lives");
}

int main(void) {
    run(strict);
    run(filtered);
}
