// SPDX-License-Identifier: GPL-2.0-only
// Init when `./drops run --exec` boots Linux: runs the command in /.drops/command by /bin/sh and sends what
// it writes over the console, which carries text of others, too:
//
//     @drops:1 BASE64        of its standard output; @drops:2 of its standard error
//     @drops:end STATUS N    its end: status as a shell has it, and how many bytes there were in all
//
// tools/run_exec.py reads it. Its standard input is the file /.drops/input, if that is there. With the
// argument `together` what it writes goes into one pipe, so that its order is kept; with `disk` the command
// runs in the system on /dev/vda.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { at_once = 720 }; // bytes in a line, a multiple of three

static unsigned long sent; // bytes in all
static const char* shell = "/bin/sh of the initramfs";

/// One line in one piece: between two writes others' text may come.
static void send_line(const char* line, size_t length) {
    while (length > 0) {
        const ssize_t done = write(STDOUT_FILENO, line, length);
        if (done < 0 && errno != EINTR && errno != EAGAIN) return; // the count at the end will tell
        if (done > 0) line += done, length -= (size_t)done;
    }
}

static void send_bytes(int stream, const unsigned char* bytes, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char line[32 + at_once / 3 * 4];
    char* to = line + sprintf(line, "@drops:%d ", stream);
    for (size_t i = 0; i < count; i += 3) {
        const size_t left = count - i;
        const unsigned three = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? bytes[i + 2] : 0u);
        *to++ = digits[three >> 18];
        *to++ = digits[three >> 12 & 63];
        *to++ = left > 1 ? digits[three >> 6 & 63] : '=';
        *to++ = left > 2 ? digits[three & 63] : '=';
    }
    *to++ = '\n';
    send_line(line, (size_t)(to - line));
    sent += count;
}

/// How many bytes; at the end of a pipe it becomes -1.
static ssize_t pass_on(int stream, int* pipe) {
    unsigned char bytes[at_once];
    const ssize_t count = read(*pipe, bytes, sizeof bytes);
    if (count > 0) send_bytes(stream, bytes, (size_t)count);
    if (count == 0) *pipe = -1;
    return count;
}

/// What is in it now: somebody may go on writing for ever.
static void drain(int stream, int pipe) {
    int left = 0;
    if (pipe < 0 || ioctl(pipe, FIONREAD, &left) < 0) return;
    for (ssize_t count; left > 0 && (count = pass_on(stream, &pipe)) > 0;) left -= (int)count;
}

static void raise_loopback(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    const int s = socket(AF_INET, SOCK_DGRAM, 0);
    ioctl(s, SIOCSIFFLAGS, &request); // a kernel need not have it
    close(s);
}

static void prepare(void) {
    static const char* const places[][2] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}};
    // A shell's <(...) wants the first.
    static const char* const links[][2] = {{"/proc/self/fd", "/dev/fd"},
                                           {"/proc/self/fd/0", "/dev/stdin"},
                                           {"/proc/self/fd/1", "/dev/stdout"},
                                           {"/proc/self/fd/2", "/dev/stderr"}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        mkdir(places[i][1], 0755);
        mount(places[i][0], places[i][1], places[i][0], 0, NULL); // a kernel need not have each
    }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) symlink(links[i][0], links[i][1]);
    mkdir("/tmp", 01777);
    raise_loopback();
    struct termios mode;
    if (tcgetattr(STDOUT_FILENO, &mode) == 0) {
        cfmakeraw(&mode);
        tcsetattr(STDOUT_FILENO, TCSANOW, &mode);
    }
    klogctl(8, NULL, 1); // the console is ours, but for the kernel's last words
}

static void fail(const char* what) {
    dprintf(STDERR_FILENO, "drops: %s: %s\n", what, strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/// The disk's file system becomes the root. What is needed of the initramfs has been read by then.
static void enter_disk(void) {
    static const char* const moved[] = {"/proc", "/sys", "/dev"};
    static const char* const new[][3] = {{"devpts", "/dev/pts", "ptmxmode=666"},
                                         {"tmpfs", "/dev/shm", "mode=1777"},
                                         {"tmpfs", "/run", "mode=755"},
                                         {"tmpfs", "/tmp", "mode=1777"}};
    shell = "/bin/sh of the disk";
    mkdir("/.drops/disk", 0755);
    if (mount("/dev/vda", "/.drops/disk", "ext4", 0, NULL) < 0) fail("/dev/vda");
    if (chdir("/.drops/disk") < 0) fail("the disk");
    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        mkdir(moved[i] + 1, 0755);
        mount(moved[i], moved[i] + 1, NULL, MS_MOVE, NULL);
    }
    if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0) fail("the disk");
    for (size_t i = 0; i < sizeof new / sizeof *new; i++) {
        mkdir(new[i][1], 0755);
        mount(new[i][0], new[i][1], new[i][0], 0, new[i][2]);
    }
}

static char* command(void) {
    char* text = NULL;
    size_t room = 0;
    FILE* const file = fopen("/.drops/command", "r");
    if (file == NULL || getdelim(&text, &room, '\0', file) < 0) return "";
    fclose(file);
    return text;
}

/// The caller's, if it gave any. Of the initramfs: before the disk is the root.
static int open_input(void) {
    const int input = open("/.drops/input", O_RDONLY | O_CLOEXEC);
    return input >= 0 ? input : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/// In the child.
static void become(char* text, int in, int out, int err) {
    static char* const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                        "HOME=/root", "TERM=dumb", "SHELL=/bin/sh", NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execve("/bin/sh", (char*[]){"sh", "-c", "--", text, NULL}, environment);
    fail(shell);
}

/// Buries whoever has ended; true if `child` is among them.
static bool has_ended(pid_t child, int* status) {
    bool found = false;
    int how;
    for (pid_t pid; (pid = waitpid(-1, &how, WNOHANG)) > 0;) {
        if (pid != child) continue;
        *status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
        found = true;
    }
    return found;
}

static void make_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) < 0) fail("pipe");
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

static void on_child(int signal) { (void)signal; }

/// Its status; what it has started may go on, and is not waited for.
static int run(char* text, int in, bool together) {
    int out[2], err[2] = {-1, -1}, status = 0;
    sigset_t children, none;
    sigemptyset(&none);
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL); // comes in ppoll only
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    make_pipe(out);
    if (!together) make_pipe(err);
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) become(text, in, out[1], together ? out[1] : err[1]);
    close(out[1]);
    if (!together) close(err[1]);
    while (!has_ended(child, &status)) {
        struct pollfd pipes[] = {{.fd = out[0], .events = POLLIN}, {.fd = err[0], .events = POLLIN}};
        if (ppoll(pipes, 2, NULL, &none) <= 0) continue;
        if (pipes[0].revents != 0) pass_on(1, &out[0]);
        if (pipes[1].revents != 0) pass_on(2, &err[0]);
    }
    drain(1, out[0]);
    drain(2, err[0]);
    return status;
}

/// Nothing of the disk's is lost when the machine is switched off.
static void finish_disk(void) {
    umount2("/tmp", MNT_DETACH);
    sync();
    mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
}

int main(int argc, char** argv) {
    char line[64];
    bool together = false, disk = false;
    for (int i = 1; i < argc; i++) {
        together |= strcmp(argv[i], "together") == 0;
        disk |= strcmp(argv[i], "disk") == 0;
    }
    prepare();
    char* const text = command();
    const int in = open_input();
    if (disk) enter_disk();
    const int status = run(text, in, together);
    send_line(line, (size_t)sprintf(line, "@drops:end %d %lu\n", status, sent));
    tcdrain(STDOUT_FILENO);
    if (disk) finish_disk();
    sync();
    return reboot(RB_POWER_OFF);
}
