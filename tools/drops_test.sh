#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# ./drops in a tree of its own, with stand-ins for everything that it calls.
# shellcheck disable=SC2016  # the $ and ` in quotes are for the stand-ins and for messages
# shellcheck disable=SC2317  # functions are called through check()
set -uo pipefail

tree=$TEST_TMPDIR/tree
log=$TEST_TMPDIR/calls
mkdir -p "$tree/tools" "$TEST_TMPDIR/bin"
cp drops "$tree/"
cp tools/count_tests "$tree/tools/"
mkdir -p "$tree/bench" "$tree/fuzz" "$tree/image" "$tree/l4env/roottask" "$tree/l4env/sigma0" "$tree/lookup"
cp image/entries.bzl "$tree/image/"
cp bench/*.py "$tree/bench/"
cp tools/apt_i386 tools/rootfs tools/fuzz tools/run tools/coverage tools/compile_commands tools/*.py \
    "$tree/tools/"
cp fuzz/BUILD.bazel "$tree/fuzz/"
for package in l4env/roottask l4env/sigma0 lookup; do cp $package/BUILD.bazel "$tree/$package/"; done
echo '{}' >"$tree/tools/package-lock.json"
echo '"@bazel/buildifier": "1.2.3"' >"$tree/tools/package.json"

failures=0
check() {
    echo "- $1"
    shift
    "$@" || {
        echo "FAILED: $*"
        cat "$TEST_TMPDIR/out"
        failures=$((failures + 1))
    }
}

# Makes a program that notes how it was called and then does `body`.
stand_in() {
    local name=$1 body=$2
    printf '#!/bin/bash\necho "%s $*" >>"%s"\n%s\n' "$name" "$log" "$body" >"$TEST_TMPDIR/bin/$name"
    chmod +x "$TEST_TMPDIR/bin/$name"
}

# Runs drops; leaves its status in $status, its output in out and the calls it made in $log.
drops() {
    : >"$log"
    PATH=$TEST_TMPDIR/bin:$PATH "$tree/drops" "$@" >"$TEST_TMPDIR/out" 2>&1
    status=$?
}
# With nobody who reads its output. What it says on standard error is in out, with its status as a line.
drops_into_nothing() {
    {
        PATH=$TEST_TMPDIR/bin:$PATH "$tree/drops" "$@" 2>&3 || echo "status $?" >&3
    } 3>"$TEST_TMPDIR/out" | true
}
says() { grep -qF -- "$1" "$TEST_TMPDIR/out"; }
ends_with() { [ "$(tail -n 1 "$TEST_TMPDIR/out")" = "$1" ]; }
called() { grep -qF -- "$1" "$log"; }
one_line() { [ "$(wc -l <"$TEST_TMPDIR/out")" = 1 ]; }
not_called() { ! called "$1"; }
status_is() { [ "$status" = "$1" ]; }

# A machine that has nothing; installing leaves a mark, and from then on it has everything.
stand_in dpkg-query "[ -e '$TEST_TMPDIR/installed' ] && echo 'ii 1.0'"
stand_in id 'echo 0'
stand_in apt-get "case \"\$*\" in
    *i386*update) ;;
    *i386*download*) [ ! -e '$TEST_TMPDIR/no-busybox' ] && echo deb >busybox-static_1%3a1.0_i386.deb ;;
    update*) echo 'E: one suite is unreachable'; exit 100 ;;
    *install*) touch '$TEST_TMPDIR/installed' ;;
esac"
stand_in dpkg-deb 'echo 1:1.0'
stand_in npm "case \"\$1\" in
    ci) mkdir -p '$tree/tools/node_modules/.bin' && touch '$tree/tools/node_modules/.bin/buildifier' ;;
    --version) echo 9.0 ;;
esac"

stand_in bazel '[ "$1" != query ] || echo //a:slow
[ "$1" != test ] || echo "$event" >"${2#--build_event_json_file=}"
exit "$bazel_status"'

# What Bazel says from now on: its exit status, its verdict on one test target, and the cases in the test.xml.
bazel_says() {
    export bazel_status=$1
    export event='{"id": {"testResult": {"label": "//a:b", "attempt": 1}}, "testResult": {"status": "'$2'",'
    event+='"testActionOutput": [{"name": "test.xml", "uri": "file://'$TEST_TMPDIR'/test.xml"}]}}'
    echo "<testsuites>$3</testsuites>" >"$TEST_TMPDIR/test.xml"
}
good='<testcase name="a" status="run"/>'
bad='<testcase name="b" status="run"><failure message="no"/></testcase>'
disabled='<testcase name="c" status="notrun"/>'
skipped='<testcase name="d" status="run" result="skipped"/>'

drops
check "no command names the problem and the fix" says "no command given; try ./drops test"
check "... and fails" status_is 2
drops frobnicate
check "an unknown command is named" says 'there is no command `frobnicate`'
check "... and fails" status_is 2
drops doctor now
check "a surplus argument is named" says 'but got `now`'
drops help extra
check "... of help, too" says '`help` takes no arguments, but got `extra`'
check "... and fails" status_is 2
drops run a b
check "... and of run" says '`run` takes options only, but got `a`'
check "... and fails" status_is 2
drops run --entry frobnicate
check "an unknown entry of the menu is named" says 'no entry `frobnicate`; it has linux, hello, ping-pong, '
check "... and fails" status_is 2
drops run --exec ''
check "an empty command is refused" says "--exec wants a command for the guest's shell, not nothing"
check "... and fails" status_is 2
drops run --help
check "run lists its entries" says "ping-pong"
check "... and that is no failure" status_is 0
drops bench kernel --frob
check "an unknown argument of bench kernel is named" says 'arguments: --frob; `./drops bench kernel'
check "... and fails" status_is 2
drops bench kernel --json no/such/file.json
check "figures that can not be written are refused" says "there is no folder"
check "... early" status_is 2
drops fuzz
check "fuzz alone lists the targets" says "fuzz_syscall"
check "... and that is no failure" status_is 0
for command in fuzz "fuzz --help" "run --help" "coverage --help"; do
    # shellcheck disable=SC2086  # a command and its argument
    drops_into_nothing $command
    check "$command is quiet when nobody reads on" one_line
done
drops fuzz frobnicate
check "an unknown fuzz target is named" says 'there is no fuzz target `frobnicate`'
check "... and fails" status_is 2
drops fuzz all --summary no/such/file.md
check "a summary that can not be written is refused" says "there is no folder"
check "... early" status_is 2
drops coverage --nope
check "an unknown argument of coverage is named" says 'unrecognized arguments: --nope; `./drops coverage'
check "... and fails" status_is 2
drops coverage --help
check "coverage explains itself" says "./drops coverage --missing"
check "... and that is no failure" status_is 0
drops rootfs
check "rootfs wants a file" says 'wants the name of the FILE that it is to make'
check "... and fails" status_is 2
drops rootfs --help
check "rootfs explains itself" says "--add PACKAGE"
check "nothing of this installs anything" not_called install
drops help
check "help works" status_is 0

drops doctor
check "doctor says that busybox is missing" says "busybox-static:i386    MISSING"
check "... and that a compiler can be had" says "gcc-12:i386            not here; ./drops bench linux"
check "... and what else" says "clang-16               MISSING"
check "... and what may be" says "qemu-user              not installed; apt-get install qemu-user (optional"
check "... and fails" status_is 1
check "... and installs nothing" not_called install

bazel_says 0 PASSED "$good$good$disabled"
drops test
check "a bare machine gets its packages" called "install -qy --no-install-recommends bazel-bootstrap"
check "... named before" says "drops: installing the Debian packages bazel-bootstrap"
check "... though one suite is unreachable" says "E: one suite is unreachable"
check "... and buildifier" called "npm ci --prefix tools"
check "... and Linux's source" called "linux-source-6.1"
check "... and what makes images of disks" called "e2fsprogs"
check "... and busybox for Linux" says "downloading Debian's busybox-static:i386 into linux-glue/.cache"
check "... downloaded" called "download busybox-static"
check "... with lists of its own" called "-o Dir::State=/"
check "... which stays" test -e "$tree/linux-glue/.cache/busybox-static_i386.deb"
check "everything is tested" called "bazel test --build_event_json_file="
check "... by its pattern" called " //..."
check "cases are counted, disabled ones are not" ends_with "2 passed, 0 failed"
check "... and that is a success" status_is 0
drops test --config=asan //libkern/...
check "the second time nothing is installed" not_called install
check "... and nothing downloaded" not_called download
check "arguments reach bazel" called "--config=asan -- //libkern/..."
check "targets replace the pattern" called "-- //libkern/..."
drops test --config asan libkern/... -//libkern/test/...
check "targets need no //, values are no targets" called "--config asan -- libkern/... -//libkern/test/..."
drops test --keep_going libkern/...
check "... behind an option without a value, too" called "--keep_going -- libkern/..."
drops test --keep_going fuzz:fuzz_map_test
check "a target of a package, too" called "--keep_going -- fuzz:fuzz_map_test"
rm -r "$tree/linux-glue/.cache"
touch "$TEST_TMPDIR/no-busybox"
drops test //libkern/...
check "without busybox it says so" says "could not download busybox-static:i386 of Debian 12"
check "... and fails" status_is 1
check "... early" not_called "bazel test"
check "... and leaves no half of it" test ! -e "$tree/linux-glue/.cache/busybox-static_i386.deb"
bazel_says 2 PASSED ''
for command in "bench --help" "fuzz fuzz_ipc" coverage; do
    # shellcheck disable=SC2086  # a command and its argument
    drops $command
    check "$command asks for no busybox" not_called download
    check "... and goes on" called "bazel "
done
bazel_says 0 PASSED "$good$good$disabled"
rm "$TEST_TMPDIR/no-busybox"
drops test -- -//libkern/...
check "what is taken away is taken away from everything" called "-- //... -//libkern/..."
drops test --long --test_output=errors
check "the long tests are asked for" called "bazel query attr(tags,"
check "... and are what is tested" called "--test_output=errors -- //a:slow"
check "a compiler for the bench is downloaded" says "downloading Debian's gcc-12:i386 cpp-12:i386 "
check "... with what it needs" called "download gcc-12 cpp-12 "
check "... and stays" test -d "$tree/linux-glue/.cache/gcc"
drops doctor
check "doctor knows its version" says "gcc-12:i386            1:1.0 (optional: "
drops test --help
check "help for test is ours" says "usage: ./drops"
check "... and asks nobody" not_called bazel

bazel_says 3 FAILED "$good$bad"
drops test
check "failed cases are counted" ends_with "1 passed, 1 failed"
check "... with Bazel's status" status_is 3
bazel_says 3 FAILED "$good"
drops test
check "a crash behind the last case is a failure" ends_with "1 passed, 1 failed"
bazel_says 1 PASSED "$good"
drops test
check "a failed build is named" says "the build failed"
check "... and fails" status_is 1
bazel_says 1 PASSED ''
event=$'{"id": {"progress": {}}, "progress": {"stderr": "ERROR: no such target \'//a:x\': not declared\\n"}}'
drops test //a:x
check "an unknown target is named" says 'drops: there is no target `//a:x`; `bazel query'
check "... and fails" status_is 1
bazel_says 0 PASSED ''
drops test --test_filter=Nothing
check "a target whose cases were all filtered out counts none" ends_with "0 passed, 0 failed"
check "... and fails" status_is 1
bazel_says 0 PASSED "$skipped"
drops test
check "a run without a passed case fails" status_is 1
check "... and says so" says "no test case ran"

mkdir -p "$tree/bazel/bin/bench" "$TEST_TMPDIR/elsewhere"
printf '#!/bin/bash\necho "from $BUILD_WORKING_DIRECTORY: $*"\n' >"$tree/bazel/bin/bench/sim"
chmod +x "$tree/bazel/bin/bench/sim"
cd "$TEST_TMPDIR/elsewhere" || exit 1
drops bench --json figures.json
check "benchmarks are built" called "bazel build //bench:sim"
check "... and write where the caller is" says "from $TEST_TMPDIR/elsewhere: --json figures.json"
drops bench sim --help
check "their suite can be named" says ": --help"
printf '#!/bin/bash\necho "kernel from $BUILD_WORKING_DIRECTORY: $*"\n' >"$tree/bazel/bin/bench/kernel"
chmod +x "$tree/bazel/bin/bench/kernel"
drops bench kernel --json figures.json
check "the kernel's are built" called "bazel build //bench:kernel"
check "... and write there, too" says "kernel from $TEST_TMPDIR/elsewhere: --json figures.json"
drops bench nothing
check "another suite is refused by its name" says 'there is no suite `nothing`'
check "... and fails" status_is 2
drops bench linux --only plan9
check "what Linux's does not know is said before anything is built" says "'plan9' (choose from"
for target in linux linux_drops linux_drops_operations linux_operations; do
    printf '#!/bin/bash\necho "%s: $*"\n' $target >"$tree/bazel/bin/bench/$target"
    chmod +x "$tree/bazel/bin/bench/$target"
done
rm -r "$tree/linux-glue/.cache/gcc"
drops bench linux --only drops --no-compiler --json figures.json
check "of Linux is built what is asked for" called "bazel build //bench:linux_drops_operations"
check "... which runs" says "linux_drops_operations: --only drops --no-compiler --json figures.json"
check "... and no compiler is downloaded for it" not_called download
drops bench linux --no-compiler
check "... also for all systems" called "bazel build //bench:linux_operations"
check "... without one" not_called download
drops bench linux --only=drops
check "gcc on drops alone needs one" called "download gcc-12 "
check "... and no other Linux" says "linux_drops: --only=drops"
drops bench linux --only native --only drops
check "else all is built" says "linux: --only native --only drops"

# QEMU that never comes to its monitor, and is content.
stand_in qemu-system-i386 'exit 33'
drops run --entry hello --screenshot shot.png
check "run builds the ISO" called "//image:drops_iso //hal-x86:drops"
check "... boots it" called "file=drops.iso,media=cdrom"
check "... and says when QEMU does not start" says "QEMU could not start"
check "... and fails" status_is 2
check "... having said that it takes its time" says "drops: building what is to boot"
drops run --exec 'ls -l'
check "a command's run builds its init" called "//hal-x86:drops //linux-glue:exec"
check "... without a word" called "--ui_event_filters=-info"
rm -r "$tree/linux-glue/.cache"
PATH=$TEST_TMPDIR/bin:$PATH "$tree/drops" run --exec 'ls -l' >"$TEST_TMPDIR/out" 2>/dev/null
check "what run installs is no output of the guest" test ! -s "$TEST_TMPDIR/out"
touch "$TEST_TMPDIR/elsewhere/sigma0.elf"
drops run --kernel-only --module sigma0.elf:'a, b'
check "the kernel alone is built" called "--show_result=0 //hal-x86:drops"
check "... and finds modules from where the caller is" called "-initrd 0/sigma0.elf a,, b"

# The tools that are called by themselves, where there is no bazel.
tool() {
    : >"$log"
    PATH=$bin "$tree/tools/$1" "${@:2}" >"$TEST_TMPDIR/out" 2>&1
    status=$?
}
bin=$TEST_TMPDIR/nothing
for name in compile_commands coverage "fuzz fuzz_ipc" "run --entry hello"; do
    # shellcheck disable=SC2086  # a tool and its argument
    tool $name
    check "$name says that there is no bazel" says '`./drops test` installs it'
    check "... and nothing else" one_line
    check "... and fails" status_is 2
done
bin=$TEST_TMPDIR/bin:$PATH
bazel_says 2 PASSED ''
tool compile_commands --frob
check "what bazel refuses is named" says 'compile_commands: bazel aquery with `--frob` failed with status 2'
check "... and nothing else" one_line
check "... and fails" status_is 1
tool coverage //no/such:test
check "tests that are not there are named" says "could not run the tests of //no/such:test (status 2)"
check "... and nothing else" one_line
check "... and fails" status_is 1

mv "$TEST_TMPDIR/installed" "$TEST_TMPDIR/uninstalled"
stand_in dpkg-query "[ -e '$TEST_TMPDIR/uninstalled' ] && [ \"\${!#}\" != qemu-user ] && echo 'ii 1.0'"
drops doctor
check "doctor is content without what is optional" status_is 0
check "... which it names" says "qemu-user              not installed"
mv "$TEST_TMPDIR/uninstalled" "$TEST_TMPDIR/installed"
stand_in dpkg-query "[ -e '$TEST_TMPDIR/installed' ] && echo 'ii 1.0'"
drops doctor
check "doctor is content now" status_is 0
check "doctor knows the version of busybox" says "busybox-static:i386    1:1.0"
check "doctor knows the version of buildifier" says "@bazel/buildifier      1.2.3"

exit $((failures > 0))
