// SPDX-License-Identifier: BSD-2-Clause
// What compiling costs on Linux: an init program that has /bin/gcc make an object of each file in /src, one
// after the other. Beside what that costs it prints `objects SUM`, a checksum of what was made: the same
// wherever the compiler works as it should.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "counts.h"

enum { wanted = 25 };

#define OBJECT "/tmp/object.o"

static int is_source(const struct dirent* entry) { return strstr(entry->d_name, ".i") != NULL; }

/// A process for each, as make has.
static void compile(const char* name) {
    const pid_t child = vfork();
    if (child == 0) {
        static char* const environment[] = {"PATH=/bin", NULL};
        execve("/bin/gcc", (char*[]){"gcc", "-O1", "-w", "-c", "-o", OBJECT, (char*)name, NULL}, environment);
        _exit(127);
    }
    int status = 0;
    must(child > 0 && waitpid(child, &status, 0) == child, "gcc");
    errno = 0;
    must(status == 0, name);
}

/// Fowler, Noll and Vo's hash goes on with the object's bytes. A byte at a time: it costs the same
/// everywhere.
static uint32_t take_in(uint32_t hash) {
    unsigned char bytes[4096];
    const int file = open(OBJECT, O_RDONLY);
    ssize_t count, all = 0;
    must(file >= 0, OBJECT);
    for (; (count = read(file, bytes, sizeof bytes)) > 0; all += count)
        for (ssize_t i = 0; i < count; ++i) hash = (hash ^ bytes[i]) * 16777619u;
    must(count == 0 && all > 0, OBJECT);
    close(file);
    unlink(OBJECT);
    return hash;
}

int main(void) {
    struct dirent** sources;
    begin_bench();
    must(chdir("/src") == 0, "/src");
    must(scandir(".", &sources, is_source, alphasort) == wanted, "the number of files");
    uint32_t hash = 2166136261u;
    const counts_t from = look();
    const uint64_t began = __builtin_ia32_rdtsc();
    for (unsigned i = 0; i < wanted; ++i) {
        compile(sources[i]->d_name);
        hash = take_in(hash);
    }
    const uint64_t ended = __builtin_ia32_rdtsc();
    const counts_t to = look();
    printf("objects %08x\n", hash);
    print_bench("gcc_compile", 1, ended - began, difference(from, to));
    printf("1..1\nok 1 - everything was compiled\n");
    end_bench();
}
