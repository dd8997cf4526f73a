// SPDX-License-Identifier: BSD-2-Clause
// Backtraces over made-up code: which words of a stack are return addresses, and what their functions are
// called.
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kdb/debugger.h"

namespace {

constexpr std::uint32_t base = 0xc0300000;
// Functions of 64 bytes.
constexpr std::uint32_t main_at = base, middle_at = base + 0x40, leaf_at = base + 0x80,
                        other_at = base + 0xc0;

std::vector<std::byte> bytes_of(const std::vector<std::uint32_t>& words) {
    const auto* const bytes = reinterpret_cast<const std::byte*>(words.data());
    return {bytes, bytes + words.size() * sizeof(std::uint32_t)};
}

/// The table as build/put_symbols.py makes it.
std::vector<std::byte> symbol_table() {
    const std::string names("main\0middle\0leaf\0other\0", 24);
    constexpr std::uint32_t start = 8 + 4 * 8;
    std::vector<std::byte> table = bytes_of({kdb::Symbols::magic, 4, main_at, start, middle_at, start + 5,
                                             leaf_at, start + 12, other_at, start + 17});
    for (const char c : names) table.push_back(static_cast<std::byte>(c));
    return table;
}

/// Code in which `from` calls `to`; returns the return address.
std::uint32_t put_call(std::vector<std::byte>& text, std::uint32_t from, std::uint32_t to) {
    const std::uint32_t back = from + 5, offset = to - back;
    text[from - base] = std::byte{0xe8};
    for (std::uint32_t i = 0; i < 4; ++i) text[from - base + 1 + i] = static_cast<std::byte>(offset >> 8 * i);
    return back;
}

std::string backtrace(const kdb::Code& code) {
    std::string text;
    kdb::Output out([](void* to, char c) { static_cast<std::string*>(to)->push_back(c); }, &text);
    kdb::put_backtrace(code, out);
    return text;
}

TEST(Symbols, AreFoundByAddress) {
    const std::vector<std::byte> table = symbol_table();
    const kdb::Symbols symbols(table);
    EXPECT_EQ(symbols.count(), 4u);
    EXPECT_EQ(symbols.find(base - 1).name, nullptr);
    EXPECT_STREQ(symbols.find(base).name, "main");
    EXPECT_STREQ(symbols.find(leaf_at - 1).name, "middle");
    EXPECT_EQ(symbols.find(leaf_at + 7).start, leaf_at);
    EXPECT_STREQ(symbols.find(~0u).name, "other");
}

TEST(Symbols, OfNoTableAreNone) {
    EXPECT_EQ(kdb::Symbols{}.find(base).name, nullptr);
    const std::vector<std::byte> rubbish(64, std::byte{0x55});
    EXPECT_EQ(kdb::Symbols{rubbish}.find(base).name, nullptr);
    std::vector<std::byte> cut = symbol_table();
    cut.resize(30);
    EXPECT_EQ(kdb::Symbols{cut}.find(other_at).name, nullptr);
}

TEST(Backtrace, NamesTheCallersAndDoubtsTheOthers) {
    std::vector<std::byte> text(0x100, std::byte{0x90});
    const std::uint32_t in_main = put_call(text, main_at + 8, middle_at),
                        in_middle = put_call(text, middle_at + 16, leaf_at),
                        left_over = put_call(text, other_at + 4, main_at);
    text[middle_at - base + 32] = std::byte{0xff}; // call *%eax
    text[middle_at - base + 33] = std::byte{0xd0};
    const std::vector<std::byte> table = symbol_table();
    const std::array<std::uint32_t, 6> stack = {7,         in_middle, main_at + 1,
                                                left_over, in_main,   middle_at + 34};
    const std::string names = backtrace({.text = text,
                                         .text_base = base,
                                         .stack = stack,
                                         .eip = leaf_at + 3,
                                         .symbols = kdb::Symbols(table)});
    EXPECT_EQ(names,
              "    c0300083 leaf+0x3\n"
              "    c0300055 middle+0x15\n"
              "  ? c03000c9 other+0x9\n"
              "    c030000d main+0xd\n"
              "    c0300062 middle+0x22\n");
}

TEST(Backtrace, WithoutNamesHasAddresses) {
    std::vector<std::byte> text(0x100, std::byte{0x90});
    const std::array<std::uint32_t, 1> stack = {put_call(text, main_at + 8, middle_at)};
    EXPECT_EQ(backtrace({.text = text, .text_base = base, .stack = stack, .eip = 0, .symbols = {}}),
              "    c030000d\n");
}

} // namespace
