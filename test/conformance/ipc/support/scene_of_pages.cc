// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/ipc/support/scene_of_pages.h"

#include <gtest/gtest.h>

#include <array>

#include "l4/abi/fpage.h"

namespace conformance::ipc {
namespace {

using Scene = SceneOfPages;

bool has(const std::vector<Word>& all, Word n) { return std::find(all.begin(), all.end(), n) != all.end(); }

using Words = std::vector<Word>;

sim::Routine<int> store(User u, Word at, Words words) {
    for (const Word word : words) {
        co_await u.store32(at, word);
        at += 4;
    }
    co_return 0;
}

} // namespace

SceneOfPages::Result SceneOfPages::run(const kern::Limits& bounds) const {
    Result result;
    const l4_threadid_t receiver = one_task ? l4_threadid(5, 1) : b;
    const Word strings = static_cast<Word>(string.size());
    std::array<std::array<Bytes, count>, 2> stretch;
    for (Word i = 0; i < count; ++i) {
        stretch[0][i] = pattern(page, 1 + i);
        stretch[1][i] = pattern(page, 101 + i);
    }
    const Word timeout = faults_end_it ? l4_timeout_pf(15, 15) : L4_TIMEOUT_NEVER;
    const Ipc message{
        .partner = receiver, .w0 = Exchange::w0, .w1 = 0, .send = send | send_bits, .timeout = timeout};
    const Ipc wait{
        .partner = a, .w0 = 0xdead0, .w1 = 0xdead1, .receive = receive | receive_bits, .timeout = timeout};
    const auto is_shared = [&](Word i) {
        return std::any_of(shared.begin(), shared.end(), [i](const Shared& s) { return s.at == i; });
    };
    const auto shared_at = [&](Word at) {
        return std::find_if(shared.begin(), shared.end(),
                            [at](const Shared& s) { return s.at == (at - to) / page; });
    };
    const auto is_read_only = [&](Word at) {
        return shared_at(at) != shared.end() && shared_at(at)->rights == 0;
    };
    const auto as_sender = [&](Word at) { return from + shared_at(at)->source * page + at % page; };
    // Who has given a page to the other keeps its bits: to clear them takes the right to write from the
    // other.
    const auto is_given = [&](Word i) {
        return std::any_of(shared.begin(), shared.end(), [i](const Shared& s) { return s.source == i; });
    };
    // The page can only be read then.
    const auto clear = [](User u, Word at) {
        return u(sim::Unmap{l4_fpage(at, 12, 0), L4_UNMAP_RESET | L4_FP_ALL_SPACES});
    };
    const Words room_head{0, l4_msgdope(room, strings ? receiver_strings : 0), 0};
    const Words head{0, l4_msgdope(sender_size ? sender_size : words, strings), l4_msgdope(words, strings)};
    Words takes, gives;
    if (strings != 0 && receiver_strings != 0)
        takes = {0xeeeeee00, 0xeeeeff00, string[0].room, string[0].target};
    if (strings != 0) gives = {string[0].size, string[0].source, 0, 0};
    sim::WorldConfig config{.machine = {.user_pages = 256}};
    config.limits = bounds;
    conformance::World w(config);
    start_thread(w, receiver, [&](User u) -> Program {
        for (Word i = 0; i < count; ++i)
            if (!is_shared(i) && !has(receiver_lacks, i))
                co_await u.store_block(to + i * page, stretch[1][i].data(), page);
        for (std::size_t i = 0; i < shared.size(); ++i) co_await u.receive_fpage(a, L4_FP_WHOLE_SPACE);
        co_await until(u, 2000);
        if (const Word at = receive; !is_read_only(at)) co_await store(u, at, room_head);
        if (const Word at = receiver_dope(); !is_read_only(at)) co_await store(u, at, takes);
        co_await until(u, 4000);
        result.got = Answer::of(co_await u(wait));
    });
    start_thread(w, a, [&](User u) -> Program {
        for (Word i = 0; i < count; ++i)
            if (!has(sender_lacks, i)) co_await u.store_block(from + i * page, stretch[0][i].data(), page);
        for (const Shared& s : shared)
            co_await u.send_fpage(receiver, to + s.at * page, l4_fpage(from + s.source * page, 12, s.rights));
        co_await until(u, 3000);
        if (is_read_only(receive)) co_await store(u, as_sender(receive), room_head);
        if (is_read_only(receiver_dope())) co_await store(u, as_sender(receiver_dope()), takes);
        co_await store(u, send, head);
        co_await store(u, sender_dope(), gives);
        co_await until(u, 5000);
        for (Word i = 0; i < count; ++i)
            if (!one_task && !is_given(i)) co_await clear(u, from + i * page);
        result.sent = Answer::of(co_await u(message));
    });
    w.run();
    const kern::Thread &sender = *w.find(a), &partner = *w.find(receiver);
    result.at_once = sender.transfer().send.send_buffer == 0;
    for (Word i = 0; i < 2 * count; ++i) {
        const kern::Thread& owner = i < count ? sender : partner;
        const Word at = i < count ? from + i * page : to + (i - count) * page;
        result.pages.push_back(w.kernel().map_db().page(owner.task().space(), kern::VAddr{at}));
        Bytes& bytes = result.memory.emplace_back();
        if (!result.pages.back()) continue;
        const std::byte* const first = w.machine().page(result.pages.back()->frame).data();
        bytes.assign(first, first + page);
    }
    return result;
}

bool moved_at_once(const SceneOfPages& scene) {
    kern::Limits by_steps = limits;
    by_steps.bytes = std::min(by_steps.bytes, 2111u); // just too few for the short way
    const Scene::Result usual = scene.run(limits), steps = scene.run(by_steps);
    EXPECT_FALSE(steps.at_once);
    EXPECT_EQ(usual.got, steps.got);
    EXPECT_EQ(usual.sent, steps.sent);
    EXPECT_EQ(usual.pages, steps.pages);
    EXPECT_EQ(usual.memory, steps.memory);
    return usual.at_once;
}

} // namespace conformance::ipc
