// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/con/src/input.h"

#include <gtest/gtest.h>

#include <string>

namespace l4env::con {
namespace {

class InputTest : public testing::Test {
protected:
    void type(const std::string& text) {
        for (const char c : text) input.type(c, [this](const char* t, std::size_t n) { shown.append(t, n); });
    }
    std::string take(std::size_t size = L4_CON_LINE_MAX) {
        std::string line(L4_CON_LINE_MAX, 0);
        line.resize(input.take(line.data(), size));
        return line;
    }
    Input input;
    std::string shown;
};

TEST_F(InputTest, LinesComeInOrderWithTheirEnd) {
    type("one\rtwo\n");
    EXPECT_EQ(take(), "one\n");
    EXPECT_TRUE(input.has_line());
    EXPECT_EQ(take(), "two\n");
    EXPECT_FALSE(input.has_line());
    EXPECT_EQ(shown, "one\r\ntwo\r\n");
}

TEST_F(InputTest, LineIsNotThereBeforeItsEnd) {
    type("one");
    EXPECT_FALSE(input.has_line());
    type("\r");
    EXPECT_TRUE(input.has_line());
}

TEST_F(InputTest, BackspaceStaysInItsLine) {
    type("x\ry\b\b\x7fz\r");
    EXPECT_EQ(take(), "x\n");
    EXPECT_EQ(take(), "z\n");
    EXPECT_EQ(shown, "x\r\ny\b \bz\r\n");
}

TEST_F(InputTest, ControlCharactersAreNotTyped) {
    type(std::string("a\x1b[A\0\x03\tb\r", 9));
    EXPECT_EQ(take(), "a[A\tb\n");
}

TEST_F(InputTest, LongLineEndsWhereItMustAndCanBeEnded) {
    type(std::string(1000, 'x') + "\r");
    EXPECT_EQ(take(), std::string(L4_CON_LINE_MAX - 1, 'x') + "\n");
    EXPECT_NE(shown.find('\a'), std::string::npos);
}

TEST_F(InputTest, ShortReaderGetsTheBeginning) {
    type("abcdef\rnext\r");
    EXPECT_EQ(take(3), "abc");
    EXPECT_EQ(take(), "next\n");
}

TEST_F(InputTest, LinesThatNobodyReadsFillItAndNoMore) {
    for (int i = 0; i < 10000; ++i) type(std::string(static_cast<std::size_t>(i % 50), 'y') + "\r");
    std::size_t bytes = 0;
    while (input.has_line()) bytes += take().size();
    EXPECT_LE(bytes, Input::buffer_size);
    EXPECT_GT(bytes, Input::buffer_size - 64);
    type("\rworks\r"); // the first ends what was left unfinished
    take();
    EXPECT_EQ(take(), "works\n");
}

} // namespace
} // namespace l4env::con
