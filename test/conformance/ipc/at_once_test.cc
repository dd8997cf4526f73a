// SPDX-License-Identifier: BSD-2-Clause
// Long messages that the kernel may move in one entry, at each border between these and others: whichever way
// is gone, memory, page bits and results are the same (docs/semantics.md 7.5 to 7.7).
#include <gtest/gtest.h>

#include "l4/abi/fpage.h"
#include "test/conformance/ipc/support/scene_of_pages.h"

namespace conformance::ipc {
namespace {

using Scene = SceneOfPages;
constexpr Word from = Scene::from, to = Scene::to, page = Scene::page, most = 4224;

/// With bounds that leave time for it.
void expect_at_once(const Scene& scene) { EXPECT_EQ(moved_at_once(scene), limits.bytes >= most); }
void expect_by_steps(const Scene& scene) { EXPECT_FALSE(moved_at_once(scene)); }

Scene words(Word n, Word send = from + 0x40, Word receive = to + 0x80) {
    return {.send = send, .receive = receive, .words = n, .room = n};
}
/// Two words, and a string from there to there.
Scene one_string(Word source, Word target, Word size) {
    Scene x = words(2);
    x.string = {{source, target, size, size}};
    return x;
}

TEST(AtOnce, WordsOfAnyNumber) {
    for (const Word n : {0u, 1u, 2u, 3u, 4u, 500u, 1055u, 1056u, 1057u, 1100u}) {
        SCOPED_TRACE(n);
        Scene x = words(n);
        x.room = std::max(n, 2u);
        EXPECT_EQ(moved_at_once(x), n <= most / 4 && limits.bytes >= most);
        x.room = 1200;
        EXPECT_EQ(moved_at_once(x), n <= most / 4 && limits.bytes >= most);
    }
}

TEST(AtOnce, NotWhatIsCut) {
    Scene x = words(8);
    x.room = 7;
    expect_by_steps(x);
    x = words(Word{0x7ffff}, from + 0x40, to);
    x.room = 10;
    expect_by_steps(x);
}

TEST(AtOnce, WordsOverTheBordersOfPages) {
    for (const Word send :
         {page - 32, page - 28, page - 24, page - 20, page - 16, page - 12, page - 4, 2 * page - 40})
        for (const Word receive : {page - 32, page - 24, page - 20, page - 8, 2 * page - 24, 2 * page - 36})
            for (const Word n : {2u, 3u, 5u, 1030u}) {
                SCOPED_TRACE(::testing::Message() << send << ' ' << receive << ' ' << n);
                const bool heads = send % page <= page - 24 && receive % page <= page - 24;
                EXPECT_EQ(moved_at_once(words(n, from + send, to + receive)), heads && limits.bytes >= most);
            }
}

TEST(AtOnce, NotWordsOfPagesThatAreMissing) {
    for (const Word lacking : {1u, 2u})
        for (const bool sender : {false, true}) {
            // Two borders; behind the first one a page is missing, or behind the second one.
            Scene x = words(1050, from + page - 40, to + page - 60);
            (sender ? x.sender_lacks : x.receiver_lacks) = {lacking};
            expect_by_steps(x);
            x.words = x.room = (page - 0x100) / 4;
            EXPECT_EQ(moved_at_once(x), lacking == 2 && limits.bytes >= most) << lacking;
        }
}

TEST(AtOnce, NotIntoPagesThatAreReadOnly) {
    for (const Word at : {1u, 2u}) {
        Scene x = words(1050, from + page - 40, to + page - 60);
        x.shared = {{at, 4, 0}};
        x.faults_end_it = true;
        expect_by_steps(x);
    }
    for (const Word n : {2u, 3u}) {
        Scene x = words(n); // the head's page, too
        x.shared = {{0, 4, 0}};
        x.faults_end_it = true;
        expect_by_steps(x);
    }
}

TEST(AtOnce, OnlyWithPlainDescriptors) {
    for (const Word bits : {L4_SND_MAP, L4_SND_DECEIT}) {
        Scene x = words(3);
        x.send_bits = bits;
        expect_by_steps(x);
    }
    Scene x = words(3);
    x.receive_bits = 0;
    expect_at_once(x);
}

TEST(AtOnce, AStringOfAnySizeAtAnyPlace) {
    for (const Word source : {0x800u, page - 1, page - 2, 2 * page - 3})
        for (const Word target : {0x801u, page - 1, page - 5, 2 * page - 1})
            for (const Word size : {1u, 2u, 5u, 6u, 4095u, 4096u, 4223u, 4224u}) {
                SCOPED_TRACE(::testing::Message() << source << ' ' << target << ' ' << size);
                expect_at_once(one_string(from + page + source, to + page + target, size));
            }
}

TEST(AtOnce, NotMoreThanItMay) {
    expect_by_steps(one_string(from + page, to + page, most + 1));
    Scene x = one_string(from + page, to + page, most - 8);
    x.words = x.room = 4; // two of these are in memory
    expect_at_once(x);
    ++x.string[0].size;
    ++x.string[0].room;
    expect_by_steps(x);
}

TEST(AtOnce, AStringBehindWordsOfTwoPages) {
    Scene x = one_string(from + 3 * page, to + 3 * page, 64);
    x.words = x.room = 1030;
    expect_at_once(x);
}

TEST(AtOnce, AStringThatFits) {
    Scene x = one_string(from + page, to + page, 100);
    x.string[0].room = 101;
    expect_at_once(x);
    x.string[0].room = 99;
    expect_by_steps(x);
    x.string[0].room = 100;
    x.receiver_strings = 2;
    expect_at_once(x);
    x.receiver_strings = 0;
    expect_by_steps(x);
}

TEST(AtOnce, NoStringThatIsEmptyOrGoesOn) {
    Scene x = one_string(from + page, to + page, 0);
    x.string[0].room = 10;
    expect_by_steps(x);
    for (const bool sender : {false, true}) {
        x = one_string(from + page, to + page, 10);
        (sender ? x.string[0].size : x.string[0].room) |= continued_bit;
        expect_by_steps(x);
    }
}

TEST(AtOnce, NotAStringOfPagesThatAreMissingOrReadOnly) {
    for (const Word at : {2u, 3u}) {
        Scene x = one_string(from + 3 * page - 7, to + 3 * page - 9, 100);
        x.sender_lacks = {at};
        expect_by_steps(x);
        x.sender_lacks = {};
        x.receiver_lacks = {at};
        expect_by_steps(x);
        x.receiver_lacks = {};
        x.shared = {{at, 4, 0}};
        x.faults_end_it = true;
        expect_by_steps(x);
    }
    Scene x = one_string(from + 3 * page - 7, to + 3 * page - 9, 7);
    x.sender_lacks = {3};
    expect_at_once(x);
    x = one_string(from + 3 * page - 9, to + 3 * page - 7, 7);
    x.receiver_lacks = {3};
    expect_at_once(x);
}

TEST(AtOnce, NotAStringWhereUsersHaveNothing) {
    for (const Word at : {L4_USER_TOP, L4_USER_TOP - 5, 0xfffffffcu, 0xfffffff0u, L4_KIP_ADDRESS})
        for (const bool source : {false, true}) {
            Scene x = one_string(from + page, to + page, 12);
            x.faults_end_it = true;
            (source ? x.string[0].source : x.string[0].target) = at;
            expect_by_steps(x);
        }
}

TEST(AtOnce, StringsOfUtcbs) {
    // A string that stores what is read when it is over: sizes of the state that goes with the message.
    Scene x = one_string(L4_UTCB_AREA, L4_UTCB_AREA, 128);
    expect_at_once(x);
    x = one_string(from + page, L4_UTCB_AREA, 128);
    expect_at_once(x);
    x = one_string(from + page, L4_UTCB_AREA + 3 * page + 10, 2 * page); // beyond the area
    expect_by_steps(x);
}

TEST(AtOnce, DopesWhereverTheyLie) {
    for (const Word more : {3u, 8u, 1000u, 1001u, 1002u, 1003u, 1004u, 1005u, 1006u, 1500u}) {
        // Within a page or over its border.
        Scene x = one_string(from + 3 * page, to + 3 * page, 300);
        x.sender_size = more;
        EXPECT_EQ(moved_at_once(x), x.sender_dope() % page <= page - 16 && limits.bytes >= most) << more;
        x.sender_size = 0;
        x.room = more;
        EXPECT_EQ(moved_at_once(x), x.receiver_dope() % page <= page - 16 && limits.bytes >= most) << more;
    }
}

TEST(AtOnce, NotADopeThatIsReadOnly) {
    Scene x = one_string(from + 3 * page, to + 3 * page, 300);
    x.room = 1100;
    x.shared = {{1, 4, 0}};
    x.faults_end_it = true;
    expect_by_steps(x);
}

// --- Memory that both sides have.

/// Both in one task, where `receive` may be anywhere in the sender's stretch.
TEST(AtOnce, WordsOverlapThemselves) {
    for (const Word send : {0x100u, page - 0x40})
        for (const Word distance : {0u, 4u, 8u, 12u, 16u, 20u, 24u, 100u, page - 4, page, page + 4})
            for (const bool up : {false, true})
                for (const Word n : {2u, 3u, 30u, 1040u}) {
                    SCOPED_TRACE(::testing::Message() << send << ' ' << distance << ' ' << up << ' ' << n);
                    Scene x = words(n, from + send + (up ? 0 : distance), from + send + (up ? distance : 0));
                    x.one_task = true;
                    moved_at_once(x);
                }
}

TEST(AtOnce, WordsOverlapThemselvesInOtherPages) {
    // The receiver has the sender's pages in another order, and one of them twice.
    for (const Word send : {0x100u, page - 0x40, page + 0x100})
        for (const Word receive : {0x100u, 0x108u, page - 0x40, page - 0x3c, page + 0x80})
            for (const Word n : {3u, 30u, 1040u})
                for (const bool one_task : {false, true}) {
                    SCOPED_TRACE(::testing::Message() << send << ' ' << receive << ' ' << n);
                    Scene x = words(n, from + send, to + receive);
                    x.one_task = one_task;
                    x.shared = {{0, 1}, {1, 0}, {2, 1}};
                    moved_at_once(x);
                }
}

TEST(AtOnce, TheSendersDopeLiesInTheWordsThatAreStored) {
    // The words that are stored make another dope of it: 16 bytes of the words are a dope.
    for (const Word shared_page : {0u, 1u}) {
        Scene x = words(40, from + 0x40, to + shared_page * page + 0x80);
        x.string = {{from + 3 * page, to + 3 * page, 64, 100}};
        x.shared = {{shared_page, 0}};
        for (Word size = 0; size < 40; ++size) {
            x.sender_size = size + 1;
            expect_by_steps(x);
        }
    }
    // In a page that only the last words reach.
    Scene x = words(1030, from + 0x40, to + 0x80);
    x.string = {{from + 3 * page, to + 3 * page, 64, 100}};
    x.shared = {{1, 2}};
    x.sender_size = (2 * page - 12) / 4;
    expect_by_steps(x);
}

TEST(AtOnce, TheReceiversDopeLiesInTheWordsThatAreStored) {
    // One page holds both, by two addresses.
    for (const Word room : {1030u, 1040u, 1050u, 2040u}) {
        Scene x = words(1030, from + 0x40, to + 0x80);
        x.room = room;
        x.string = {{from + 3 * page, to + 3 * page, 64, 100}};
        x.shared = {{0, 4}, {room < 1100 ? 1u : 2u, 4}};
        expect_by_steps(x);
    }
}

TEST(AtOnce, TheStringIsStoredOverWhatDescribesIt) {
    for (const Word target : {0x80u, 0x84u, 0x90u, 0x94u, 0x98u, 0x9cu, 0xa4u, 0xb0u}) {
        Scene x = one_string(from + page, to + target, 32);
        x.words = x.room = 5;
        expect_at_once(x); // over the receiver's
        x.one_task = true;
        x.string[0].target = from + target - 0x40;
        expect_at_once(x); // over the sender's
    }
}

TEST(AtOnce, TheStringIsOfTheWordsThatAreStored) {
    Scene x = words(40, from + 0x40, to + 0x80);
    x.shared = {{0, 4}};
    x.string = {{from + 4 * page + 0x84, to + page, 128, 128}};
    expect_at_once(x);
    x.string = {{from + page, to + page, 128, 128}};
    x.one_task = true;
    x.string[0].target = from + 0x60;
    expect_at_once(x);
}

TEST(AtOnce, AStringOverlapsItself) {
    for (const Word distance : {1u, 2u, 3u, 7u, 100u, page - 1, page, page + 1})
        for (const bool up : {false, true})
            for (const Word size : {1u, 2u, 50u, 4200u}) {
                SCOPED_TRACE(::testing::Message() << distance << ' ' << up << ' ' << size);
                Scene x = one_string(from + page + 0xff0 + (up ? 0 : distance),
                                     from + page + 0xff0 + (up ? distance : 0), size);
                x.one_task = true;
                expect_at_once(x);
                x = one_string(from + page + 0xff0 + (up ? 0 : distance),
                               to + page + 0xff0 + (up ? distance : 0), size);
                x.shared = {{1, 1}, {2, 2}, {3, 1}};
                expect_at_once(x);
            }
}

} // namespace
} // namespace conformance::ipc
