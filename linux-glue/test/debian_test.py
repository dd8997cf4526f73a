#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""`./drops rootfs` and the disk that it makes: Debian's own programs on drops."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

BUILT = dict(os.environ, DROPS_BUILT=os.getcwd())
RUN = ["tools/run", "--memory", "512", "--timeout", "900"]

PROGRAMS = pathlib.Path("linux-glue/test/debian")


class Debian(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_TMPDIR"])
        cls.addClassCleanup(folder.cleanup)
        cls.image = pathlib.Path(folder.name, "debian.img")
        subprocess.run(["tools/rootfs", str(cls.image), "--add", "rt-tests"], check=True)
        for source in sorted(PROGRAMS.glob("*.c")):
            name, text = source.stem, source.read_text()
            cls.shell(f"cd /root && cat >{name}.c <<'END'\n{text}END\ngcc -g -o {name} {name}.c -lpthread")

    @classmethod
    def shell(cls, command, status=0):
        done = subprocess.run([*RUN, "--disk", cls.image, "--exec", command], env=BUILT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        text = done.stdout.decode(errors="replace")
        if done.returncode != status:
            raise AssertionError(f"{command}\nended with {done.returncode}:\n{text}")
        return text

    def test_its_system_is_debian_s(self):
        said = self.shell(". /etc/os-release; echo $VERSION_ID; bash -c 'echo $BASH_VERSION $((6*7))'; "
                          "ls -ld / /tmp | cut -c1-10; id -un; date +%Y")
        lines = said.splitlines()
        self.assertEqual(lines[0], "12")
        self.assertRegex(lines[1], r"^5\.\d.* 42$")
        self.assertEqual(lines[2:5], ["drwxr-xr-x", "drwxrwxrwt", "root"])
        self.assertGreaterEqual(int(lines[5]), 2026)

    def test_su_and_passwords(self):
        self.assertEqual(self.shell("su -c id; su nobody -s /bin/sh -c id"),
                         "uid=0(root) gid=0(root) groups=0(root)\n"
                         "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n")
        said = self.shell("echo root:secret | chpasswd; for password in wrong secret; do "
                          "echo $password | su nobody -s /bin/sh -c 'su -c id'; done")
        self.assertEqual(said, "Password: su: Authentication failure\n"
                               "Password: uid=0(root) gid=0(root) groups=0(root)\n")

    def test_the_file_system_stays_whole(self):
        self.shell("cd /root && dd if=/dev/zero of=large bs=1M count=20 2>/dev/null && rm large && echo x >x")
        done = subprocess.run(["/sbin/e2fsck", "-fn", self.image], stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_thousand_threads(self):
        self.assertEqual(self.shell("/root/threads", status=3), "1000 threads, 42\n")

    def test_thousands_of_processes(self):
        self.assertEqual(self.shell("cd && ./processes"), "2500 run, all alive\n2500 ended well\n")

    def test_bash_and_coreutils_do_what_they_do_on_the_host(self):
        script = (PROGRAMS / "script.sh").read_text()
        host = subprocess.run(["/bin/bash", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=True)
        self.assertEqual(self.shell(f"cat >/tmp/script <<'END OF IT'\n{script}END OF IT\nbash /tmp/script"),
                         host.stdout)

    def test_an_older_name_for_linux(self):
        said = self.shell("setarch --uname-2.6 bash -c 'uname -r; gcc --version | head -1'; uname -r")
        self.assertRegex(said, r"^2\.6\.61\b.*\ngcc .* 12\..*\n6\.1\..*\n$")

    def test_seccomp(self):
        self.assertEqual(self.shell("cd && ./seccomp").splitlines(), [
            "strict", "Killed", "uname: -1 Numerical argument out of domain", "getppid: a signal",
            "Bad system call"])

    def test_programs_are_compiled_and_made(self):
        said = self.shell(r"""mkdir -p /root/hello && cd /root/hello && rm -f * &&
            printf '#include <stdio.h>\nint main(void) { puts("hello"); }\n' >hello.c &&
            printf 'hello: hello.c\n\tcc -O2 -o $@ $<\n' >Makefile && make && ./hello && make""")
        self.assertEqual(said, "cc -O2 -o hello hello.c\nhello\nmake: 'hello' is up to date.\n")

    def test_strace_sees_the_calls(self):
        said = self.shell("cd /root; strace -f -o log ./threads; grep -c clone log; tail -1 log; "
                          "strace -e trace=write echo hello 2>&1 >/dev/null | head -1")
        lines = said.splitlines()
        self.assertEqual(lines[0], "1000 threads, 42")
        self.assertGreaterEqual(int(lines[1]), 1000)
        self.assertRegex(lines[2], r"exited with 3 \+\+\+")
        self.assertEqual(lines[3], r'write(1, "hello\n", 6)                  = 6')

    def test_gdb_stops_steps_and_changes(self):
        said = self.shell("gdb -q -batch -ex 'break compute' -ex run -ex 'print x' -ex 'set var x=3' "
                          "-ex next -ex 'stepi 20' -ex 'info registers eip' -ex continue /root/threads 2>&1 "
                          "| grep -v 'Thread 0x'")
        self.assertIn("compute (x=2)", said)
        self.assertIn("$1 = 2", said)
        self.assertRegex(said, r"eip +0x[0-9a-f]+")
        self.assertIn("1000 threads, 63", said)
        self.assertIn("exited with code 03", said)

    def test_gdb_attaches(self):
        said = self.shell("sleep 1000 & gdb -q -batch -ex bt -ex detach -p $! 2>&1; kill $!; "
                          "wait $!; echo $?")
        self.assertRegex(said, r"#0 .*\n(.*\n)*.*detached\]?\n(Terminated\n)?143\n$")

    def test_gdb_reads_a_core_dump(self):
        said = self.shell("cd /root; rm -f core*; ulimit -c unlimited; ./crash; echo $?; "
                          "gdb -q -batch -ex bt -ex 'print at' -ex 'print $eip' crash core* 2>&1 | tail -4")
        self.assertIn("139\n", said)
        self.assertRegex(said, r"#0 .*fall \(at=0x0\) at crash.c:3\n#1 .*main \(\) at crash.c:4\n"
                               r"\$1 = .*0x0\n\$2 = .*<fall\+\d+>")

    def test_hackbench(self):
        """Groups of 40 processes, and of 40 threads, that send messages to each other."""
        for way in ["--process", "--threads"]:
            said = self.shell(f"ulimit -n 4096; hackbench {way} --groups 40 --loops 10 2>&1")
            self.assertRegex(said, r"Time: \d+\.\d+", re.MULTILINE)


if __name__ == "__main__":
    unittest.main()
