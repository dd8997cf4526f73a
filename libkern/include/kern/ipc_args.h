// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include "kern/hal_contract.h"
#include "kern/ids.h"

namespace kern {

/// The arguments of an IPC, decoded from the raw words in the caller's registers (abi.md: ipc).  A waiting
/// thread's registers do not change, so they can be decoded again in every phase.
struct IpcArgs {
    bool send, receive;           ///< which phases there are
    l4_threadid_t partner;        ///< of the send and of a closed receive
    std::uint32_t w0, w1;         ///< register words
    bool no_switch, map;          ///< send: deceit bit, map bit
    std::uint32_t send_buffer;    ///< 0: registers only
    bool open;                    ///< receive from anybody
    std::uint32_t window;         ///< receive flexpage of the descriptor; 0: none
    std::uint32_t receive_buffer; ///< 0: registers only
    std::uint32_t timeouts;       ///< the timeout word

    static IpcArgs decode(const arch::Frame& f) {
        const bool send = f.eax != L4_IPC_NO_SEND, receive = f.ebp != L4_IPC_NO_RECV;
        const bool window = receive && (f.ebp & L4_RCV_MAP) != 0;
        return {
            .send = send,
            .receive = receive,
            .partner = {f.esi, f.edi},
            .w0 = f.edx,
            .w1 = f.ebx,
            .no_switch = send && (f.eax & L4_SND_DECEIT) != 0,
            .map = send && (f.eax & L4_SND_MAP) != 0,
            .send_buffer = send ? f.eax & L4_SND_BUFFER_MASK : 0,
            .open = receive && (f.ebp & L4_RCV_OPEN) != 0,
            .window = window ? f.ebp & L4_RCV_BUFFER_MASK : 0,
            .receive_buffer = receive && !window ? f.ebp & L4_RCV_BUFFER_MASK : 0,
            .timeouts = f.ecx,
        };
    }
    bool is_transfer() const { return send_buffer != 0 || map; }
};

} // namespace kern
