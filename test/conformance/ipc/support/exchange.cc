// SPDX-License-Identifier: BSD-2-Clause
#include "test/conformance/ipc/support/exchange.h"

#include <algorithm>
#include <utility>

namespace conformance::ipc {

Bytes pattern(std::size_t size, unsigned seed) {
    Bytes bytes(size);
    std::uint32_t x = seed * 2654435761u + 1;
    for (std::byte& byte : bytes) {
        x = x * 1664525u + 1013904223u;
        byte = static_cast<std::byte>(x >> 24);
    }
    return bytes;
}

Bytes over(const Bytes& bytes, const Bytes& rest) {
    Bytes all = rest;
    if (all.size() < bytes.size()) all.resize(bytes.size());
    std::copy(bytes.begin(), bytes.end(), all.begin());
    return all;
}

Program Side::run(User u) {
    for (Block& block : memory)
        if (block.stored)
            co_await u.store_block(block.at, block.bytes.data(), static_cast<Word>(block.bytes.size()));
    if (buffer.address() != 0) co_await u.put(buffer);
    co_await u(sim::ExRegs{.target = u.id().lthread, .pager = pager});
    for (const Word at : touched) co_await u.load8(at);
    co_await until(u, begin);
    const IpcResult result = co_await u(call);
    answer = Answer::of(result);
    end = u.now().raw();
    turn = u.world().instructions();
    co_await u(sim::ExRegs{.target = u.id().lthread, .pager = root});
    if (!looks) co_return;
    if (buffer.address() != 0) co_await u.get(buffer);
    for (Block& block : memory)
        co_await u.load_block(block.at, block.bytes.data(), static_cast<Word>(block.bytes.size()));
}

Exchange::Exchange(Word send_dwords, Word send_strings, Word receive_dwords, Word receive_strings)
    : sender(sender_buffer, send_dwords, send_strings),
      receiver(receiver_buffer, receive_dwords, receive_strings) {
    for (Word i = 2; i < std::max(send_dwords, 2u); ++i) sender.buffer.word(i) = 0xc0de0000 + i;
    for (Word i = 0; i < std::max(receive_dwords, 2u); ++i) receiver.buffer.word(i) = 0xeeeeeeee;
    sender.buffer.send(send_dwords, send_strings);
    sender.call = {.partner = b, .w0 = w0, .w1 = w1, .send = sender_buffer};
    sender.begin = 1000;
    receiver.call = {
        .partner = {0x5eed, 0}, .w0 = 0xdead0, .w1 = 0xdead1, .receive = receiver_buffer | L4_RCV_OPEN};
    receiver.begin = 500;
}

void Exchange::send_string(Word i, Bytes bytes, bool continued, Word at) {
    if (at == 0) at = sender_buffer + (i + 1) * apart / 64;
    const auto size = static_cast<Word>(bytes.size());
    const l4_strdope_t dope{
        .snd_size = size | (continued ? continued_bit : 0), .snd_addr = at, .rcv_size = 0, .rcv_addr = 0};
    sender.buffer.set_string(i, dope);
    sender.place(at, std::move(bytes));
}

Bytes& Exchange::receive_string(Word i, Word size, bool continued, Word at) {
    if (at == 0) at = receiver_buffer + (i + 1) * apart / 64;
    receiver.buffer.set_string(i, {.snd_size = 0xeeeeee00 + i,
                                   .snd_addr = 0xeeeeff00 + i,
                                   .rcv_size = size | (continued ? continued_bit : 0),
                                   .rcv_addr = at});
    return receiver.place(at, Bytes(size, std::byte{0xee}));
}

void Exchange::start(sim::World& w, sim::Spawn how_sender, sim::Spawn how_receiver) {
    start_thread(w, b, receiver.body(), how_receiver);
    start_thread(w, a, sender.body(), how_sender);
}

void Exchange::run() {
    World w(sim::WorldConfig{.machine = {.user_pages = 256}});
    start(w);
    w.run();
}

} // namespace conformance::ipc
