// SPDX-License-Identifier: BSD-2-Clause
#include "bench/scenario/ipc.h"

#include "kern/ensure.h"
#include "sim/message_buffer.h"

namespace bench {
namespace {

constexpr std::uint16_t client_task = 100, server_task = 101;
constexpr std::uint8_t client_prio = 100;

sim::Ipc call_to(l4_threadid_t server) {
    return {.partner = server, .w0 = 1, .w1 = 2, .send = 0, .receive = 0};
}
sim::Ipc reply_to(l4_threadid_t client) {
    return {.partner = client,
            .w0 = 3,
            .w1 = 4,
            .send = 0,
            .receive = L4_RCV_OPEN,
            .timeout = L4_TIMEOUT_SND_ZERO};
}

void check(System& system, kern::Thread& client) {
    kern::ensure(&system.current() == &client && client.frame.edx == 3, "bench: the reply has come");
}

} // namespace

SameSpace::SameSpace(std::uint32_t n) : system_({.threads = n}), others_(system_, n, Crowd::State::asleep) {
    client_ = &system_.new_task(client_task);
    system_.as(*client_);
    server_ = &system_.new_thread(1);
    system_.back();
    system_.park(*server_, System::wait());
    system_.set_prio(*client_, client_prio);
    run();
    check(system_, *client_);
}

void SameSpace::run() {
    system_.call(call_to(System::id(*server_)));
    system_.call(reply_to(System::id(*client_)));
}

OtherSpace::OtherSpace(std::uint32_t n)
    : system_({.threads = n}), servers_(system_, n, Crowd::State::waiting) {
    client_ = &system_.new_task(client_task);
    system_.set_prio(*client_, client_prio);
    run();
    check(system_, *client_);
}

void OtherSpace::run() {
    system_.call(call_to(System::id(servers_[next_])));
    system_.call(reply_to(System::id(*client_)));
    next_ = next_ + 1 == servers_.size() ? 0 : next_ + 1;
}

WithTimeouts::WithTimeouts(std::uint32_t n)
    : system_({.threads = n}), sleepers_(system_, n, Crowd::State::asleep) {
    client_ = &system_.new_task(client_task);
    server_ = &system_.new_task(server_task);
    system_.park(*server_, System::wait());
    system_.set_prio(*client_, client_prio);
    run();
    check(system_, *client_);
}

void WithTimeouts::run() {
    constexpr std::uint32_t some_minutes = l4_timeout(0, 0, 10, 2), soon = l4_timeout(0, 0, 1, 9);
    sim::Ipc to_server = call_to(System::id(*server_)), to_client = reply_to(System::id(*client_));
    to_server.timeout = soon;
    to_client.timeout = some_minutes | L4_TIMEOUT_SND_ZERO;
    system_.call(to_server);
    system_.call(to_client);
}

/// Client and server have the same layout: the message's page or pages, a string one page behind its head.
LongMessage::LongMessage(std::uint32_t bytes, As as) : bytes_(bytes), as_(as) {
    kern::ensure(bytes % 4 == 0 && bytes + page <= 1u << half_log2,
                 "bench: a message of whole words that fits");
    client_ = &system_.new_task(client_task);
    server_ = &system_.new_task(server_task);
    system_.give(*client_, client_memory, half_log2, buffer);
    system_.give(*server_, server_memory, half_log2, buffer);
    compose(client_memory, true);
    compose(server_memory, false);
    *system_.bytes(client_memory + last()) = std::byte{42};
    sim::Ipc receive = System::wait();
    receive.receive |= buffer;
    system_.park(*server_, receive);
    system_.set_prio(*client_, client_prio);
    run();
    check(system_, *client_);
    kern::ensure(*system_.bytes(server_memory + last()) == std::byte{42}, "bench: the last byte has arrived");
}

void LongMessage::compose(std::uint32_t at, bool sends) {
    const bool is_string = as_ == As::string;
    const std::uint32_t dwords = is_string ? L4_MSG_REGISTER_DWORDS : bytes_ / 4, strings = is_string ? 1 : 0;
    sim::MessageBuffer b(buffer, dwords, strings);
    const std::uint32_t text = buffer + page;
    if (is_string)
        b.set_string(0, {.snd_size = bytes_, .snd_addr = text, .rcv_size = bytes_, .rcv_addr = text});
    if (sends) b.send(dwords, strings);
    for (std::uint32_t i = 0; i < b.size(); ++i) *system_.bytes(at + i) = b.bytes()[i];
}

void LongMessage::run() {
    sim::Ipc send = call_to(System::id(*server_));
    send.send = buffer;
    system_.call(send);
    system_.settle();
    sim::Ipc reply = reply_to(System::id(*client_));
    reply.receive |= buffer;
    system_.call(reply);
}

SenderQueue::SenderQueue(std::uint32_t n)
    : system_({.threads = n}), senders_(system_, n, Crowd::State::ready) {
    receiver_ = &system_.new_task(server_task);
    for (kern::Thread* const t : senders_)
        system_.park(*t, sim::Ipc{.partner = System::id(*receiver_), .send = 0});
    system_.root_sleeps();
    run();
    kern::ensure(&system_.current() == receiver_ && !receiver_->senders.empty(),
                 "bench: the queue is as it was");
}

void SenderQueue::run() {
    system_.call(System::wait());
    system_.call(sim::ThreadSwitch{});
    system_.call(sim::Ipc{.partner = System::id(*receiver_), .send = 0});
}

} // namespace bench
