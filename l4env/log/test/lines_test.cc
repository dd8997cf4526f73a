// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/log/src/lines.h"

#include <gtest/gtest.h>

#include <string>

namespace l4env::log {
namespace {

class LinesTest : public testing::Test {
protected:
    void add(std::uint16_t task, const std::string& text) { lines.add(task, text.data(), text.size()); }
    std::string put_out;
    Lines lines{
        [](void* to, const char* line, std::size_t n) { static_cast<std::string*>(to)->append(line, n); },
        &put_out};
};

TEST_F(LinesTest, PiecesOfTwoTasksDoNotMix) {
    add(5, "one ");
    add(12, "two ");
    add(5, "three\nfo");
    add(12, "four\n");
    EXPECT_EQ(put_out, "   5| one three\n  12| two four\n");
    lines.flush();
    EXPECT_EQ(put_out, "   5| one three\n  12| two four\n   5| fo\n");
}

TEST_F(LinesTest, LongLineIsCutNotLost) {
    add(2047, std::string(2 * Lines::width, 'x'));
    lines.flush();
    std::size_t count = 0;
    for (const char c : put_out) count += c == 'x' ? 1 : 0;
    EXPECT_EQ(count, 2 * Lines::width);
    for (std::size_t at = 0; at < put_out.size();) {
        const std::size_t end = put_out.find('\n', at);
        ASSERT_NE(end, std::string::npos);
        EXPECT_LE(end - at, Lines::width);
        EXPECT_EQ(put_out.substr(at, 6), "2047| ");
        at = end + 1;
    }
}

TEST_F(LinesTest, MoreTasksThanPlacesLoseNothing) {
    for (std::uint16_t task = 5; task < 5 + 3 * Lines::tasks; ++task) add(task, "x");
    lines.flush();
    for (std::uint16_t task = 5; task < 5 + 3 * Lines::tasks; ++task)
        EXPECT_NE(put_out.find(std::to_string(task) + "| x\n"), std::string::npos) << task;
}

TEST_F(LinesTest, ControlCharactersAreNotPassedOn) {
    add(5, std::string("a\x1b[2J\rb\0c\x7f\t\xc3\xa4\n", 14));
    EXPECT_EQ(put_out, "   5| a?[2J?b?c?\t\xc3\xa4\n");
    put_out.clear();
    // A dash and an umlaut are characters; 0x9b is an escape sequence's start, with 0xc2 before it, too.
    add(5, "\xe2\x80\x94 \xc3\x9c \x9b[2J \xc2\x9b[2J a\x85\n");
    EXPECT_EQ(put_out, "   5| \xe2\x80\x94 \xc3\x9c ?[2J \xc2?[2J a?\n");
}

} // namespace
} // namespace l4env::log
