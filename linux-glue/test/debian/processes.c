// SPDX-License-Identifier: GPL-2.0-only
// 2,500 processes at a time: each says that it runs and waits for the end of all.
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 2500 };

static int ready[2], over[2];

static void live(int n) {
    char byte = 0;
    close(over[1]);
    if (write(ready[1], &byte, 1) != 1 || read(over[0], &byte, 1) != 0) _exit(255);
    _exit(n % 100);
}

static int alive(void) {
    DIR* const all = opendir("/proc");
    int count = 0;
    for (struct dirent* entry; (entry = readdir(all)) != NULL;) count += isdigit(entry->d_name[0]) != 0;
    closedir(all);
    return count;
}

int main(void) {
    static pid_t child[PROCESSES];
    int ended = 0, seen = 0;
    char byte;
    if (pipe(ready) != 0 || pipe(over) != 0) return 1;
    for (int n = 0; n < PROCESSES; n++) {
        child[n] = fork();
        if (child[n] == 0) live(n);
        if (child[n] < 0) return perror("fork"), 1;
    }
    while (seen < PROCESSES && read(ready[0], &byte, 1) == 1) seen++;
    printf("%d run, %s\n", seen, alive() > PROCESSES ? "all alive" : "some dead");
    close(over[1]);
    for (int n = 0; n < PROCESSES; n++) {
        int status = -1;
        ended += waitpid(child[n], &status, 0) == child[n] && status == (n % 100) << 8;
    }
    printf("%d ended well\n", ended);
}
