// SPDX-License-Identifier: BSD-2-Clause
// Send and receive in one call, and what follows from there being nothing between them
// (docs/semantics.md 7.3, 7.4).
#include <gtest/gtest.h>

#include "test/conformance/ipc/support/crowd.h"
#include "test/conformance/ipc/support/interrupts.h"

namespace conformance::ipc {
namespace {

/// A thread that answers the first message with w0 + 1, if its sender waits for that.
struct Server {
    Time begin = 0, delay = 0;
    Answer request{};
    Word reply_code = ~0u;
    sim::Body body() {
        return [this](User u) { return run(u); };
    }

private:
    Program run(User u) {
        co_await until(u, begin);
        const IpcResult m = co_await u.wait();
        request = Answer::of(m);
        if (delay != 0) co_await until(u, u.now().raw() + delay);
        const IpcResult reply = co_await u.send(m.from, m.w0 + 1, m.w1, L4_TIMEOUT_SND_ZERO);
        reply_code = reply.dope;
    }
};

TEST(Call, GetsTheReply) {
    ABI_ROW(ipc_call);
    World w;
    Server server;
    Script client(call_to(b, 41, 7));
    w.play({{b, server.body()}, {a, client.body()}});
    EXPECT_EQ(server.request, message(a, 41, 7));
    EXPECT_EQ(server.reply_code, L4_IPC_OK);
    ASSERT_EQ(client.returned(), 1u);
    EXPECT_EQ(client[0], message(b, 42, 7));
}

TEST(Call, WaitsForItsPartnerOnly) {
    ABI_ROW(ipc_call_is_closed);
    World w;
    Server server{.delay = 100};
    Script client(call_to(b, 41, 0)), other({{50, send_to(a, 1, 2)}});
    w.play({{b, server.body()}, {a, client.body()}, {c, other.body()}});
    ASSERT_EQ(client.returned(), 1u);
    EXPECT_EQ(client[0], message(b, 42, 0));
    EXPECT_EQ(client.time(), 100u);
    EXPECT_EQ(w.state(c), For::send);
}

TEST(Call, IsWaitingWhenAMoreUrgentServerRepliesAtOnce) {
    ABI_ROW(ipc_call_then_reply_with_timeout_zero);
    World w;
    Server server;
    Script client(call_to(b, 41, 0));
    w.play({{b, server.body(), {.prio = 100}}, {a, client.body()}});
    EXPECT_EQ(server.reply_code, L4_IPC_OK);
    ASSERT_EQ(client.returned(), 1u);
    EXPECT_EQ(client[0], message(b, 42, 0));
}

TEST(Call, WaitsForTheReplyFromTheMomentItsMessageIsTaken) {
    ABI_ROW(ipc_call_reply_zero_from_queue);
    World w;
    Server server{.begin = 100};
    Script client(call_to(b, 41, 0));
    w.play({{a, client.body()}, {b, server.body(), {.prio = 100}}});
    EXPECT_EQ(server.reply_code, L4_IPC_OK);
    ASSERT_EQ(client.returned(), 1u);
    EXPECT_EQ(client[0], message(b, 42, 0));
}

TEST(Call, CountsItsReceiveTimeoutFromWhenItsMessageIsTaken) {
    ABI_ROW(ipc_call_receive_timeout);
    World w;
    Script client({{10, call_to(b, 1, 2, receive_timeout(Micros{100}))}}), server({{500, wait_open()}});
    w.play({{a, client.body()}, {b, server.body()}});
    EXPECT_EQ(server[0], message(a, 1, 2));
    ASSERT_EQ(client.returned(), 1u);
    EXPECT_EQ(client[0], client.only(L4_IPC_RETIMEOUT));
    EXPECT_EQ(client.time(), 600u);
}

TEST(ReplyAndWait, RepliesAndTakesTheNextRequest) {
    ABI_ROW(ipc_reply_and_wait);
    World w;
    Script server({{0, wait_open()}, {100, reply_and_wait(c, 5, 6)}});
    Script client(call_to(d, 1, 2)), next({{50, send_to(d, 3, 4)}});
    w.play({{d, server.body()}, {c, client.body()}, {b, next.body()}});
    ASSERT_EQ(client.returned(), 1u);
    EXPECT_EQ(client[0], message(d, 5, 6));
    ASSERT_EQ(server.returned(), 2u);
    EXPECT_EQ(server[1], message(b, 3, 4));
    EXPECT_EQ(server.time(1), 100u);
}

TEST(ReplyAndWait, DoesNotWaitWhenTheClientIsGone) {
    ABI_ROW(ipc_reply_and_wait_client_gone);
    World w;
    Script server({{100, reply_and_wait(c, 5, 6)}}), next(send_to(d, 3, 4));
    w.start(c, [](User u) -> Program { co_await u.compute(1000); });
    w.play({{d, server.body()}, {b, next.body()}});
    ASSERT_EQ(server.returned(), 1u);
    EXPECT_EQ(server[0], server.only(L4_IPC_SETIMEOUT));
    EXPECT_EQ(w.state(b), For::send);
}

TEST(Chain, OfSendersThatReceiveInTurnHasNoLength) {
    ABI_ROW(ipc_chain_open);
    Crowd crowd;
    for (Word i = 0; i + 1 < Crowd::size; ++i)
        crowd.scripts.emplace_back(
            Ipc{.partner = Crowd::id(i + 1), .w0 = i, .send = 0, .receive = L4_RCV_OPEN});
    crowd.scripts.emplace_back(std::vector<Script::Step>{{2000, wait_open()}});
    crowd.start(1000, For::send);
    EXPECT_EQ(crowd.world.run(), sim::End::idle);
    EXPECT_GT(crowd.most_at_once(), 0);
    EXPECT_LE(crowd.most_at_once(), std::int64_t{limits.chain} + 1);
    for (Word i = 1; i < Crowd::size; ++i) {
        ASSERT_EQ(crowd.scripts[i].returned(), 1u) << i;
        EXPECT_EQ(crowd.scripts[i][0], message(Crowd::id(i - 1), i - 1, 0)) << i;
    }
    EXPECT_EQ(crowd.scripts[0].returned(), 0u);
    EXPECT_EQ(crowd.world.find(Crowd::id(0))->wait().what, For::receive_any);
}

/// Threads of task 10: each sends to the one before it, the first to B, and receives then.  When B begins to
/// receive, all of them go on in turn; the last one's receive phase may have to wait for another entry.
class Chain {
public:
    static constexpr Word longest = 20; ///< more than any bound of these programs but `unlimited`
    static l4_threadid_t id(Word i) { return i == 0 ? b : l4_threadid(10, i - 1); }
    explicit Chain(Word length) {
        scripts_.emplace_back(std::vector<Script::Step>{{1000, wait_open()}});
        w.start(b, scripts_.back().body());
        for (Word i = 1; i < length; ++i) {
            scripts_.emplace_back(
                std::vector<Script::Step>{{10 * i, reply_and_wait(id(i - 1), i, 0, L4_TIMEOUT_NEVER)}});
            w.start(id(i), scripts_.back().body());
        }
    }
    World w;

private:
    std::deque<Script> scripts_;
};

TEST(Call, IsWaitingForItsServerAtTheEndOfAChain) {
    ABI_ROW(ipc_call_then_reply_with_timeout_zero);
    for (Word length = 1; length <= Chain::longest; ++length) {
        SCOPED_TRACE(length);
        Chain chain(length);
        Script server({{500, reply_and_wait(Chain::id(length - 1), 1, 2, L4_TIMEOUT_NEVER)},
                       {0, send_to(c, 42, 0, L4_TIMEOUT_SND_ZERO)}});
        Script client({{600, call_to(Chain::id(length), 41, 0)}});
        chain.w.play({{Chain::id(length), server.body()}, {c, client.body()}});
        ASSERT_EQ(server.returned(), 2u);
        EXPECT_EQ(server[1].dope, L4_IPC_OK);
        ASSERT_EQ(client.returned(), 1u);
        EXPECT_EQ(client[0], message(Chain::id(length), 42, 0));
    }
}

/// The pager sends to the thread that will fault, and looks for a message just then: there is none yet.
TEST(Call, OfAPagerAtTheEndOfAChainDoesNotWaitForAFault) {
    ABI_ROW(ipc_receive_zero);
    constexpr Word missing = 0x10000000;
    for (Word length = 1; length <= Chain::longest; ++length) {
        SCOPED_TRACE(length);
        Chain chain(length);
        Script pager({{600, reply_and_wait(Chain::id(length), 1, 2, L4_TIMEOUT_RCV_ZERO)}, {0, wait_open()}});
        chain.w.start(Chain::id(length),
                      [length](User u) -> Program {
                          co_await until(u, 500);
                          co_await u(reply_and_wait(Chain::id(length - 1), 1, 2, L4_TIMEOUT_NEVER));
                          co_await u.load8(missing);
                      },
                      {.pager = c});
        chain.w.play({{c, pager.body()}});
        ASSERT_EQ(pager.returned(), 2u);
        EXPECT_EQ(pager[0], pager.only(L4_IPC_RETIMEOUT));
        EXPECT_EQ(pager[1].w0, missing);
    }
}

TEST(Timeout, ThatIsOverDoesNotMatterUntilTheTimerSaysSo) {
    ABI_ROW(ipc_message_beats_late_timer);
    World w;
    Script receiver({{50, wait_open(l4_timeout(0, 0, 100, 15))}});
    Word code = ~0u;
    HeldBack never;
    w.start(a, receiver.body());
    w.start(b, [&](User u) -> Program {
        co_await until(u, 100);
        w.set_interrupts(&never);
        co_await u.compute(200);
        const IpcResult result = co_await u.send(a, 1, 2, L4_TIMEOUT_SND_ZERO);
        code = result.dope;
        w.set_interrupts(nullptr);
    });
    w.run();
    EXPECT_EQ(code, L4_IPC_OK);
    ASSERT_EQ(receiver.returned(), 1u);
    EXPECT_EQ(receiver[0], message(b, 1, 2));
    EXPECT_EQ(receiver.time(), 300u);
}

} // namespace
} // namespace conformance::ipc
