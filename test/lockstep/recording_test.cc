// SPDX-License-Identifier: BSD-2-Clause
// Traces as text: what is written is read back, and what is wrong is named with its line, its problem and the
// fix.
#include "test/lockstep/recording.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "test/lockstep/run.h"
#include "test/lockstep/shrink.h"

namespace test {
namespace {

const std::string config = "config free user_pages=64 kernel_pages=64 sigma0_frames=16 boot_time=5\n";
const std::string head = "drops-trace 1\n" + config;

Recording recorded(std::uint64_t seed, Mode mode) {
    Recording r;
    run({.seed = seed, .mode = mode, .steps = 30, .record = &r});
    return r;
}

class EveryMode : public ::testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(Recording, EveryMode, ::testing::Values(Mode::free, Mode::stepwise, Mode::alone));

TEST_P(EveryMode, WhatIsWrittenIsReadBack) {
    const Recording r = recorded(3, GetParam());
    const std::string text = to_string(r, "a comment\nof two lines");
    const Recording again = parse_recording(text, "it");
    EXPECT_EQ(to_string(again, "a comment\nof two lines"), text);
    EXPECT_EQ(comment_of(text), "a comment\nof two lines\n");
    EXPECT_EQ(again.actions, r.actions);
    EXPECT_EQ(again.results, r.results);
}

TEST_P(EveryMode, AReplayGivesTheRecordedResults) {
    const Recording r = recorded(4, GetParam());
    EXPECT_EQ(replay(r).failure, "");
    EXPECT_EQ(with_results(r).results, r.results);
}

TEST(Replay, NamesTheFirstStepWhoseResultIsAnother) {
    Recording r = recorded(5, Mode::free);
    ASSERT_GT(r.results.size(), 10u);
    r.results[6].regs[0] ^= 1;
    r.results[8].regs[1] ^= 1;
    const std::string failure = replay(r).failure;
    EXPECT_NE(failure.find("step 7\n"), std::string::npos) << failure;
    EXPECT_NE(failure.find("eax: "), std::string::npos) << failure;
}

TEST(Replay, SaysWhenAStepHasNoEvent) {
    Recording r = parse_recording(head + "pass 10 = idle 1\n", "it");
    EXPECT_NE(replay(r).failure.find("step 1\nevent: none in this step\n"), std::string::npos)
        << replay(r).failure;
}

TEST(Shrink, LeavesWhatFails) {
    const Recording r = recorded(5, Mode::free);
    const Action wanted = r.actions[r.actions.size() / 2];
    const auto fails = [&](const Recording& candidate) {
        for (const Action& a : candidate.actions)
            if (a == wanted) return true;
        return false;
    };
    const Recording small = shrink(r, fails);
    ASSERT_EQ(small.actions.size(), 1u);
    EXPECT_EQ(small.actions[0], wanted);
}

struct Bad {
    std::string text, message;
};
class BadTrace : public ::testing::TestWithParam<Bad> {};

TEST_P(BadTrace, IsRefusedWithLineProblemAndFix) {
    try {
        parse_recording(GetParam().text, "it");
        FAIL() << "it was read";
    } catch (const TraceError& e) {
        EXPECT_EQ(std::string(e.what()).substr(0, GetParam().message.size()), GetParam().message) << e.what();
    }
}

INSTANTIATE_TEST_SUITE_P(
    Recording, BadTrace,
    ::testing::Values(
        Bad{"", "it: empty; a trace begins with `drops-trace 1`"},
        Bad{"drops-trace 1", "it:1: the last line has no end: the file is cut off"},
        Bad{"drops-trace 1\n", "it:1: the file ends before its `config` line: it is cut off"},
        Bad{"\177ELF\n", "it:1: not a trace: it must begin with `drops-trace 1`"},
        Bad{"# a comment\nmode free seed 4\n", "it:2: not a trace: it must begin with `drops-trace 1`"},
        Bad{"drops-trace 2\n", "it:1: a trace of another version; this program reads version 1"},
        Bad{"drops-trace\n", "it:1: the line ends where the version should be"},
        Bad{"drops-trace 1\ntimer\n", "it:2: `config MODE user_pages=N ...` must come before the steps"},
        Bad{"drops-trace 1\nconfig fast\n", "it:2: `fast` is no mode; it must be free, stepwise or alone"},
        Bad{"drops-trace 1\nconfig free kernel_pages=64\n",
            "it:2: `kernel_pages=64` stands where `user_pages=N` should be"},
        Bad{"drops-trace 1\nconfig free user_pages=0 kernel_pages=64 sigma0_frames=16 boot_time=0\n",
            "it:2: `user_pages=N` must be at least 1, not 0"},
        Bad{"drops-trace 1\nconfig free user_pages=64 kernel_pages=64 sigma0_frames=60 boot_time=0\n",
            "it:2: `sigma0_frames` leaves root too little of `kernel_pages`"},
        Bad{"drops-trace 1\nconfig free user_pages=64 kernel_pages=70000 sigma0_frames=8 boot_time=0\n",
            "it:2: `70000` is too large for `kernel_pages=N`; it must be a decimal number up to 65536"},
        Bad{head + "jump 1\n", "it:3: `jump` is no action; there are call, load, store,"},
        Bad{head + "timer\nstore 10\n", "it:4: the line ends where the value of `store` should be"},
        Bad{head + "load 1000 2000\n", "it:3: `2000` is too much after `load`; take it away"},
        Bad{head + "load 1g\n",
            "it:3: `1g` is no number for the address of `load`; it must be a hexadecimal"},
        Bad{head + "load 100000000\n",
            "it:3: `100000000` is too large for the address of `load`; it must be "
            "a hexadecimal number up to ffffffff"},
        Bad{head + "emulate 2 0 0 0 0 0 0 0\n",
            "it:3: `2` is too large for the instruction, `lidt` 0 or `lldt` 1, of `emulate`; it must be"},
        Bad{head + "io 3 60\n", "it:3: `3` bytes are no access of `io`; there are 1, 2 and 4, and 0: `cli`"},
        Bad{head + "irq 40\n", "it:3: `40` is too large for the interrupt line of `irq`; it must be"},
        Bad{head + "fail 0\n", "it:3: `0` is no allocation for `fail`; the first is 1"},
        Bad{head + "timer = idle 1\ntimer\ntimer\n", "it:5: the step before this has no result although"},
        Bad{head + "timer\ntimer = idle 1\n", "it:4: the steps before this have no results; give all"},
        Bad{head + "\1\n", "it:3: `?` is no action"},
        Bad{head + "timer = 5 1\n", "it:3: `5` is no thread; it must be `idle`, `TASK.THREAD` or"},
        Bad{head + "timer = 5.0 1 2 3\n", "it:3: the line ends where ecx should be"}));

TEST(ReadRecording, NamesAFileThatIsNotThere) {
    try {
        read_recording("no/such.trace");
        FAIL();
    } catch (const TraceError& e) {
        EXPECT_STREQ(e.what(), "no/such.trace: can not be read; is this the right path?");
    }
}

TEST(ReadRecording, NamesAFolder) {
    try {
        read_recording("test/lockstep");
        FAIL();
    } catch (const TraceError& e) {
        EXPECT_STREQ(e.what(), "test/lockstep: a folder, not a trace; name a trace in it");
    }
    EXPECT_THROW(write_recording("test/lockstep", {}, ""), TraceError);
}

std::string why_not_written(const std::string& path, const std::string& bytes) {
    try {
        write_file(path, bytes);
    } catch (const TraceError& e) {
        return std::string(e.what()).substr(path.size());
    }
    return "it was written";
}

TEST(WriteFile, NamesAFolderThatIsNotThere) {
    EXPECT_THROW(write_recording("no/such.trace", {}, ""), TraceError);
    const std::string folder = std::filesystem::absolute("no").string();
    EXPECT_EQ(why_not_written("no/such.trace", ""), ": there is no folder " + folder + "; make it first");
}

/// While it lives no file grows beyond so many bytes, as on a full disk.
class Full {
public:
    explicit Full(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~Full() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    Full(const Full&) = delete;
    Full& operator=(const Full&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST(WriteFile, LeavesWhatWasThereWhenTheDiskIsFull) {
    const std::string path = ::testing::TempDir() + "full.trace";
    write_file(path, "what was there");
    std::string why;
    {
        const Full full(1);
        why = why_not_written(path, "something else");
    }
    EXPECT_EQ(why, ": can not be written: File too large; nothing there has changed");
    EXPECT_EQ(read_file(path, "trace"), "what was there");
    EXPECT_FALSE(std::filesystem::exists(path + ".part"));
    EXPECT_EQ(why_not_written(path, "now"), "it was written");
    EXPECT_EQ(read_file(path, "trace"), "now");
}

TEST(WriteFile, ReplacesNoLinkAndNoDevice) {
    const std::string path = ::testing::TempDir() + "target.trace", link = ::testing::TempDir() + "a.link";
    write_file(path, "old");
    std::filesystem::remove(link);
    std::filesystem::create_symlink(path, link);
    write_file(link, "new");
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(read_file(path, "trace"), "new");
    write_file("/dev/null", "gone");
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

} // namespace
} // namespace test
