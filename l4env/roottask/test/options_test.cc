// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/options.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace l4env::root {

void PrintTo(const Text& t, std::ostream* out) { *out << std::string(t.at, t.size); }

namespace {

TEST(Options, EveryWord) {
    Options o;
    EXPECT_FALSE(
        read_options(" memory=1M kmem=99 stack=5000 tasks=3 prio=20 mcp=0x30 irq=4 irq=3  ports=0x3f8-0x3ff "
                     "ports=0x70 physical=0xa0010-0xbffff data=x.cpio service control ",
                     o));
    EXPECT_EQ(o.memory, 1u << 20);
    EXPECT_EQ(o.kmem, 99u);
    EXPECT_EQ(o.stack, 0x2000u); // whole pages
    EXPECT_EQ(o.tasks, 3u);
    EXPECT_EQ(o.prio, 20u);
    EXPECT_EQ(o.mcp, 0x30u);
    EXPECT_EQ(o.irqs, 1u << 4 | 1u << 3);
    EXPECT_TRUE(o.ports.contain(0x3f8, 0x3ff));
    EXPECT_TRUE(o.ports.contain(0x70, 0x70));
    EXPECT_FALSE(o.ports.contain(0x70, 0x71));
    EXPECT_FALSE(o.ports.contain(0x3f7, 0x3f8));
    EXPECT_TRUE(o.physical.contain(0xa0000, 0xbffff));
    EXPECT_EQ(o.data, Text("x.cpio"));
    EXPECT_TRUE(o.service);
    EXPECT_TRUE(o.control);
}

TEST(Options, WhatIsWrongIsNamed) {
    const std::pair<const char*, const char*> all[] = {
        {"memroy=1M", "is no option"},
        {"memory", "is no number below 4096M"},
        {"memory=", "is no number below 4096M"},
        {"memory=12q", "is no number below 4096M"},
        {"memory=0x", "is no number below 4096M"},
        {"memory=M", "is no number below 4096M"},
        {"memory=4096M", "is no number below 4096M"},
        {"memory=4294967296", "is no number below 4096M"},
        {"memory=3500M", "is too large"},
        {"prio=256", "is too large"},
        {"mcp=-1", "is no number below 4096M"},
        {"irq=16", "is too large"},
        {"ports=0x10000", "is too large"},
        {"ports=5-4", "ends before it begins"},
        {"ports=5-", "is no number below 4096M"},
        {"tasks=2044", "is too large"},
        {"service=1", "is no option"},
        {"data=", "is no name"},
        {"ports=1 ports=1 ports=1 ports=1 ports=1 ports=1 ports=1 ports=1 ports=1", "is one too many"},
    };
    for (const auto& [words, what] : all) {
        Options o;
        const Complaint c = read_options(words, o);
        EXPECT_STREQ(c.what, what) << words;
        EXPECT_FALSE(c.word.empty());
        EXPECT_EQ(c.most != 0, what == std::string_view("is too large"));
    }
    Options o;
    EXPECT_EQ(read_options("prio=1 prio=256", o).most, L4_PRIOS - 1u);
    EXPECT_EQ(read_options("irq=16", o).most, 15u);
}

TEST(Spans, TogetherContain) {
    Spans s;
    EXPECT_TRUE(s.add({8, 11}) && s.add({4, 7}) && s.add({20, UINT32_MAX}));
    EXPECT_TRUE(s.contain(5, 11));
    EXPECT_FALSE(s.contain(5, 12));
    EXPECT_FALSE(s.contain(6, 5));
    EXPECT_EQ(s.missing(5, 15), 12u);
    EXPECT_EQ(s.missing(3, 15), 3u);
    EXPECT_EQ(s.missing(5, 9), 10u);
    EXPECT_EQ(s.missing(30, UINT32_MAX - 1), UINT32_MAX);
}

TEST(CommandLine, SplitsAtTheDashes) {
    CommandLine c = read_command_line("/boot/hello.elf memory=1M -- one two");
    EXPECT_EQ(c.name, Text("hello"));
    EXPECT_EQ(c.options, Text(" memory=1M "));
    EXPECT_EQ(c.arguments, Text(" one two"));
    c = read_command_line("a/b/c one two");
    EXPECT_EQ(c.name, Text("c"));
    EXPECT_TRUE(c.options.empty());
    EXPECT_EQ(c.arguments, Text(" one two"));
    c = read_command_line("x --no-option --");
    EXPECT_EQ(c.options, Text(" --no-option "));
    EXPECT_TRUE(c.arguments.empty());
    EXPECT_TRUE(read_command_line("").name.empty());
}

TEST(Configuration, IsForEachOrForAll) {
    const Text text = "# all\n* memory=2M   # comment\nhello memory=3M\r\n\nother prio=7\nhello prio=9";
    Options hello, other;
    EXPECT_FALSE(read_configuration(text, "hello", hello));
    EXPECT_FALSE(read_configuration(text, "other", other));
    EXPECT_EQ(std::pair(hello.memory, hello.prio), std::pair(3u << 20, 9u));
    EXPECT_EQ(std::pair(other.memory, other.prio), std::pair(2u << 20, 7u));
    Options o;
    const Complaint c = read_configuration("# all\n\n* prio=1\nhello nonsense", "hello", o);
    EXPECT_STREQ(c.what, "is no option");
    EXPECT_EQ(c.line, 4u);
    EXPECT_FALSE(read_configuration("hello nonsense", "other", o));
}

TEST(Configuration, IsTextWithOptionsOnEachLine) {
    EXPECT_FALSE(check_configuration("# \xc3\xbc\r\n\n* memory=2M\n\thello prio=1"));
    EXPECT_FALSE(check_configuration(""));
    EXPECT_STREQ(check_configuration("hello prio=1\n\x01").what, "is no text");
    EXPECT_STREQ(check_configuration("hello\x7f prio=1").what, "is no text");
    const Complaint c = check_configuration("hello prio=1\nother # prio=1\n");
    EXPECT_STREQ(c.what, "has no options behind it");
    EXPECT_EQ(c.word, Text("other"));
    EXPECT_EQ(c.line, 2u);
}

} // namespace
} // namespace l4env::root
