// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/names/src/directory.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace l4env::names {
namespace {

std::set<l4_word_t> gone; ///< low words of ids

class DirectoryTest : public testing::Test {
protected:
    DirectoryTest() { gone.clear(); }
    l4_word_t add(const std::string& name, l4_threadid_t thread) {
        return directory.add(name.data(), name.size(), thread);
    }
    l4_word_t remove(const std::string& name, l4_threadid_t by) {
        return directory.remove(name.data(), name.size(), by);
    }
    l4_word_t find(const std::string& name) {
        found = l4_nil_id();
        return directory.find(name.data(), name.size(), found);
    }
    Directory directory{[](l4_threadid_t thread) { return !gone.contains(thread.low); }};
    l4_threadid_t found{};
    const l4_threadid_t one = l4_threadid(5, 0), one_b = l4_threadid(5, 1), two = l4_threadid(6, 0);
};

TEST_F(DirectoryTest, NameLeadsToItsThread) {
    EXPECT_EQ(add("server", one_b), L4_NAMES_OK);
    EXPECT_EQ(find("server"), L4_NAMES_OK);
    EXPECT_EQ(found.low, one_b.low);
    EXPECT_EQ(find("serve"), L4_NAMES_NONE);
    EXPECT_EQ(find("servers"), L4_NAMES_NONE);
}

TEST_F(DirectoryTest, NameIsItsTasks) {
    add("x", one);
    EXPECT_EQ(add("x", two), L4_NAMES_TAKEN);
    EXPECT_EQ(add("x", one_b), L4_NAMES_OK);
    EXPECT_EQ(remove("x", two), L4_NAMES_TAKEN);
    EXPECT_EQ(remove("x", one), L4_NAMES_OK);
    EXPECT_EQ(remove("x", one), L4_NAMES_NONE);
    EXPECT_EQ(add("x", two), L4_NAMES_OK);
}

TEST_F(DirectoryTest, NameOfAThreadThatIsGoneIsFree) {
    add("x", one);
    gone.insert(one.low);
    EXPECT_EQ(find("x"), L4_NAMES_NONE);
    add("y", one_b);
    gone.insert(one_b.low);
    EXPECT_EQ(add("y", two), L4_NAMES_OK);
}

TEST_F(DirectoryTest, NoTaskCanTakeAllPlaces) {
    for (std::size_t i = 0; i < Directory::per_task_max; ++i)
        EXPECT_EQ(add(std::to_string(i), one), L4_NAMES_OK);
    EXPECT_EQ(add("more", one), L4_NAMES_FULL);
    EXPECT_EQ(add("0", one_b), L4_NAMES_OK);
    EXPECT_EQ(add("more", two), L4_NAMES_OK);
}

TEST_F(DirectoryTest, FullIsSaidAndPlacesOfTheGoneAreUsed) {
    std::size_t count = 0;
    for (l4_word_t task = 5; add("t" + std::to_string(count), l4_threadid(task, 0)) == L4_NAMES_OK; ++count)
        task += count % 8 == 7 ? 1 : 0;
    EXPECT_EQ(count, Directory::entries_max);
    EXPECT_EQ(add("more", l4_threadid(100, 0)), L4_NAMES_FULL);
    gone.insert(l4_threadid(7, 0).low);
    EXPECT_EQ(add("more", l4_threadid(100, 0)), L4_NAMES_OK);
}

TEST_F(DirectoryTest, BadLengthsAreRefused) {
    EXPECT_EQ(add("", one), L4_NAMES_EINVAL);
    EXPECT_EQ(add(std::string(L4_NAMES_MAX, 'x'), one), L4_NAMES_OK);
    EXPECT_EQ(add(std::string(L4_NAMES_MAX + 1, 'x'), one), L4_NAMES_EINVAL);
    EXPECT_EQ(find(""), L4_NAMES_NONE);
}

} // namespace
} // namespace l4env::names
