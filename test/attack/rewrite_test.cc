// SPDX-License-Identifier: BSD-2-Clause
// Descriptors, flexpages and strings rewritten in mid-transfer: the kernel reads each word once, at one
// moment, and never uses what it has not read (docs/semantics.md 7.5, testing V4).
#include <gtest/gtest.h>

#include <map>

#include "l4/abi/fpage.h"
#include "test/attack/support/letter.h"

namespace attack {
namespace {

constexpr unsigned never = ~0u;

/// What a hostile thread may put there: nothing, too much, the end of the world, all of somebody's memory.
std::vector<Word> hostile_values(Word at) {
    const Word data = Letter::is_senders(at) ? Letter::sender_data : Letter::receiver_data;
    return {0, ~0u, 3, l4_msgdope(31, 31), data + 0x801, L4_FP_WHOLE_SPACE | L4_FP_WRITE | L4_FP_GRANT};
}

/// A letter of which the first string does not fit, and the second has more room than it needs.
Letter tight_letter() {
    Letter l;
    l.receive.set_string(0, {0, 0, 3, Letter::receiver_data + 0x203});
    l.receive.set_string(1, {0, 0, 30u | 1u << 31, Letter::receiver_data + 0x406});
    l.receive.set_string(2, {0, 0, 7, Letter::receiver_data + 0x609});
    return l;
}

/// In how many windows may `word` be rewritten before it is too late?  As many as the moment of its reading
/// is away; the outcome tells: before it is that of a message which was so from the start, then that of one
/// which was never touched.
unsigned moment_of_reading(const Letter& l, unsigned entries, Word at, Word value) {
    const Patches patch{{at, value}};
    const Letter::Outcome fresh = l.play(patch, never, {}, {}), stale = l.play({}, never, {}, patch);
    if (fresh == stale) return never; // not read, or it makes no difference
    unsigned moment = 0;
    bool read = false;
    for (unsigned when = 0; when < entries; ++when) {
        const Letter::Outcome seen = l.play({}, when, patch, {});
        if (seen == fresh && !read) {
            moment = when + 1;
        } else {
            read = true;
            EXPECT_TRUE(seen == stale) << std::hex << "word at 0x" << at << " := 0x" << value << std::dec
                                       << " in window " << when << " of " << entries;
        }
    }
    return moment;
}

/// The same, from whichever hostile value makes a difference.
unsigned moment_of_reading(const Letter& l, unsigned entries, Word at) {
    for (const Word value : hostile_values(at))
        if (const unsigned moment = moment_of_reading(l, entries, at, value); moment != never) return moment;
    return never;
}

class Rewrite : public ::testing::TestWithParam<bool> {
protected:
    const Letter letter = GetParam() ? tight_letter() : Letter();
};
INSTANTIATE_TEST_SUITE_P(LetterThat, Rewrite, ::testing::Values(false, true),
                         [](const auto& p) { return p.param ? "IsCut" : "Fits"; });

TEST_P(Rewrite, AnUntouchedLetterArrives) {
    const Letter::Outcome out = letter.play();
    ASSERT_EQ(out.registers.size(), 2u);
    EXPECT_GT(out.entries, 15u) << "every step in an entry of its own";
    const Word dope = out.registers[0].eax | out.registers[1].eax;
    EXPECT_EQ(l4_msgdope_error(dope) != 0, GetParam());
    EXPECT_TRUE(dope & L4_MSGDOPE_FPAGE_RECEIVED);
}

TEST_P(Rewrite, EveryDescriptorWordIsReadOnceAndAtOneMoment) {
    const unsigned entries = letter.play().entries;
    ASSERT_GT(entries, 15u) << "moments to tell apart";
    std::size_t told = 0;
    for (const Word at : Letter::descriptor_words()) {
        std::map<unsigned, int> moments;
        for (const Word value : hostile_values(at)) ++moments[moment_of_reading(letter, entries, at, value)];
        moments.erase(never);
        EXPECT_LE(moments.size(), 1u) << std::hex << "0x" << at;
        told += moments.size();
        ASSERT_FALSE(HasFailure());
    }
    EXPECT_GE(told, Letter::descriptor_words().size() - (GetParam() ? 4 : 0))
        << "words that the outcome shows";
}

TEST_P(Rewrite, AllWordsAtOnceCountAsThoseThatWereNotReadYet) {
    const unsigned entries = letter.play().entries;
    std::map<Word, unsigned> moment;
    for (const Word at : Letter::descriptor_words()) moment[at] = moment_of_reading(letter, entries, at);
    for (Word choice = 0; choice < 6; ++choice) {
        for (unsigned when = 0; when < entries; ++when) {
            Patches all, unread, read;
            for (const auto& [at, at_moment] : moment) {
                const Patch p{at, hostile_values(at)[choice]};
                all.push_back(p);
                (when < at_moment ? unread : read).push_back(p);
            }
            const Letter::Outcome seen = letter.play({}, when, all, {}),
                                  wanted = letter.play(unread, never, {}, read);
            EXPECT_TRUE(seen == wanted) << "choice " << choice << ", window " << when << " of " << entries;
        }
    }
}

TEST_P(Rewrite, NothingIsWrittenToTheSenderOrOutsideOfTheReceiversBuffers) {
    const Letter::Outcome before = letter.play(); // what is sent is not changed by sending
    for (const Word at : Letter::descriptor_words()) {
        for (const Word value : hostile_values(at)) {
            for (const bool early : {true, false}) {
                const Patches patch{{at, value}};
                const Letter::Outcome out =
                    letter.play(early ? patch : Patches{}, 20, early ? Patches{} : patch, {});
                for (Word i = 0; i < Letter::page; ++i) {
                    const bool patched = Letter::sender_buffer + i - at < 4;
                    ASSERT_TRUE(patched || out.byte(Letter::sender_buffer + i) ==
                                               before.byte(Letter::sender_buffer + i));
                    ASSERT_EQ(out.byte(Letter::sender_data + i), before.byte(Letter::sender_data + i));
                    ASSERT_EQ(out.byte(Letter::spare + i), before.byte(Letter::spare + i));
                }
            }
        }
    }
}

TEST_P(Rewrite, OfAStringThatIsBeingCopiedOldBytesComeBeforeNewOnes) {
    const unsigned entries = letter.play().entries;
    const Letter::Outcome plain = letter.play();
    Patches patches;
    for (Word at = 0x100; at < 0x320; at += 4) patches.push_back({Letter::sender_data + at, 0x5a5a5a5a});
    for (unsigned when = 0; when < entries; ++when) {
        const Letter::Outcome out = letter.play({}, when, patches, {});
        ASSERT_EQ(out.registers.size(), 2u);
        for (const Word start : {0x203u, 0x406u, 0x609u}) {
            bool fresh = false;
            for (Word i = 0; i < 8; ++i) {
                const std::byte now = out.byte(Letter::receiver_data + start + i),
                                old = plain.byte(Letter::receiver_data + start + i);
                if (now == std::byte{0x5a})
                    fresh = true;
                else
                    EXPECT_EQ(now, old) << "window " << when;
                if (fresh) break;
            }
        }
    }
}

} // namespace
} // namespace attack
