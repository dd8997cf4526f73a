// SPDX-License-Identifier: BSD-2-Clause
// Init of the Linux that User-Mode Linux runs on: what that needs of files, then it, then the end.
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY "/dev/shm" // of the guest: a file there

int main(void) {
    mkdir(MEMORY, 0755);
    if (mount("proc", "/proc", "proc", 0, 0) != 0 || mount("shm", MEMORY, "tmpfs", 0, "size=100%") != 0)
        perror("not ok: mount");
    const pid_t child = fork();
    if (child == 0) {
        execl("/uml", "/uml", "mem=256M", "initrd=/uml.cpio", "con=null", "con0=fd:0,fd:1", (char*)0);
        perror("not ok: /uml");
        _exit(127);
    }
    waitpid(child, 0, 0);
    reboot(RB_POWER_OFF);
    return 1;
}
