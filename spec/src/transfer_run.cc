// SPDX-License-Identifier: BSD-2-Clause
#include "transfer_run.h"

#include <algorithm>
#include <cstddef>

#include "l4/abi/ipc.h"

namespace spec {
namespace {

constexpr Word string_size_mask = 0x7fffffffu, string_continued = 0x80000000u;
constexpr Word header_words = 3 * 4; ///< bytes before the first doubleword

Word dwords_of(Word dope) { return (dope & L4_MSGDOPE_DWORDS_MASK) >> L4_MSGDOPE_DWORDS_SHIFT; }

/// The registers always move.
Word at_least_registers(Word dwords) { return std::max(dwords, L4_MSG_REGISTER_DWORDS); }

Word strings_of(Word dope) { return (dope & L4_MSGDOPE_STRINGS_MASK) >> L4_MSGDOPE_STRINGS_SHIFT; }

} // namespace

System::Run::Run(System& system, ThreadName sender)
    : system_(system),
      transfer_(system.thread(sender).transfer),
      sender_(sender),
      receiver_(transfer_.receiver),
      call_(system.thread(sender).call),
      answer_(system.thread(receiver_).fault.has_value()) {}

System::TransferResult System::Run::all() {
    headers();
    items();
    words();
    strings();
    return result_;
}

/// 7.5a
void System::Run::headers() {
    const Word descriptor = system_.thread(receiver_).call.receive;
    const bool has_map = (call_.send & L4_SND_MAP) != 0;
    if (answer_) { // 9.11, 12.2: only the registers count
        window_ = system_.thread(receiver_).fault->window;
        return;
    }
    send_buffer_ = call_.send & L4_SND_BUFFER_MASK;
    const bool rmap = (descriptor & L4_RCV_MAP) != 0;
    receive_buffer_ = rmap ? 0 : descriptor & L4_RCV_BUFFER_MASK;
    if (send_buffer_ != 0) {
        const Word send_dope = read(Side::sender, send_buffer_ + 8ull);
        const Word size_dope = read(Side::sender, send_buffer_ + 4ull);
        dwords_ = at_least_registers(dwords_of(send_dope));
        send_count_ = strings_of(send_dope);
        send_dopes_ = std::uint64_t{send_buffer_} + header_words + 4ull * dwords_of(size_dope);
    }
    if (rmap) {
        window_ = descriptor & L4_RCV_BUFFER_MASK;
    } else if (receive_buffer_ != 0 && (send_buffer_ != 0 || has_map)) {
        window_ = read(Side::receiver, receive_buffer_);
    }
    if (receive_buffer_ != 0 && send_buffer_ != 0) {
        const Word size_dope = read(Side::receiver, receive_buffer_ + 4ull);
        capacity_ = at_least_registers(dwords_of(size_dope));
        receive_count_ = strings_of(size_dope);
        receive_dopes_ = std::uint64_t{receive_buffer_} + header_words + 4ull * dwords_of(size_dope);
    }
    result_.dwords = std::min(dwords_, capacity_);
    result_.cut = dwords_ > capacity_;
}

/// 7.5b
void System::Run::items() {
    const bool stores = send_buffer_ != 0 && receive_buffer_ != 0;
    bool more = (call_.send & L4_SND_MAP) != 0;
    for (Word i = 0; more && i + 1 < result_.dwords; i += 2) {
        const std::uint64_t at = header_words + 4ull * i;
        const Word base = i == 0 ? call_.w0 : read(Side::sender, send_buffer_ + at);
        const Word fpage = i == 0 ? call_.w1 : read(Side::sender, send_buffer_ + at + 4);
        if (fpage == 0) {
            more = false;
        } else if (window_ == 0) {
            result_.cut = true;
            more = false;
        } else {
            map(base, fpage);
        }
        if (stores) {
            write(receive_buffer_ + at, base);
            write(receive_buffer_ + at + 4, fpage);
        }
        words_done_ = i + 2;
    }
    if (answer_ && more && window_ != 0) {
        more_items();
    }
}

/// Those in the UTCB (17.5).
void System::Run::more_items() {
    const Word utcb = L4_UTCB_AREA + L4_UTCB_SIZE * sender_.lthread;
    const Word size = read(Side::sender, utcb + offsetof(l4_utcb_t, snd_size));
    const Word count = read(Side::sender, utcb + offsetof(l4_utcb_t, map_count));
    for (std::uint64_t i = 0; i < count && 2 * i + 1 + size < L4_UTCB_STATE_WORDS; ++i) {
        const std::uint64_t at = utcb + offsetof(l4_utcb_t, state) + 4 * (2 * i + size);
        const Word base = read(Side::sender, at);
        const Word fpage = read(Side::sender, at + 4);
        if (fpage == 0) {
            return;
        }
        map(base, fpage);
    }
}

/// 7.5c
void System::Run::words() {
    if (send_buffer_ == 0 || receive_buffer_ == 0) {
        return;
    }
    for (Word i = words_done_; i < result_.dwords; ++i) {
        const std::uint64_t at = header_words + 4ull * i;
        if (i < 2) {
            write(receive_buffer_ + at, i == 0 ? call_.w0 : call_.w1);
        } else {
            copy(send_buffer_ + at, receive_buffer_ + at, 4, 4);
        }
    }
}

/// 7.5d
void System::Run::strings() {
    while (send_index_ < send_count_) {
        if (receive_index_ >= receive_count_) {
            result_.cut = true;
            return;
        }
        one_string();
    }
}

/// From dope `send_index_` on into the logical buffer that begins at dope `receive_index_`.
void System::Run::one_string() {
    into_ = read_part(Side::receiver, receive_dope_at(receive_index_) + 8);
    Word placed = 0; // in this part of the buffer
    bool more = true, fits = true;
    while (more && fits) {
        const Part from = read_part(Side::sender, send_dope_at(send_index_++));
        more = from.continued && send_index_ < send_count_;
        Word moved = 0;
        while (moved < from.size && fits) {
            const Word count = std::min(from.size - moved, into_.size - placed);
            copy(std::uint64_t{from.address} + moved, std::uint64_t{into_.address} + placed, count, 1);
            moved += count;
            placed += count;
            if (moved == from.size) {
                break;
            }
            fits = next_buffer_part();
            if (fits) {
                write_back(placed, true);
                into_ = read_part(Side::receiver, receive_dope_at(++receive_index_) + 8);
                placed = 0;
            }
        }
    }
    if (!fits) {
        result_.cut = true;
        if (more) {
            skip_string();
        }
    }
    write_back(placed, false);
    if (send_index_ < send_count_) {
        skip_buffer();
    }
    ++receive_index_;
}

System::Run::Part System::Run::read_part(Side side, std::uint64_t dope) {
    const Word size = read(side, dope);
    const Word where = read(side, dope + 4);
    return {size & string_size_mask, where, (size & string_continued) != 0};
}

void System::Run::write_back(Word placed, bool goes_on) {
    const std::uint64_t dope = receive_dope_at(receive_index_);
    write(dope, placed | (goes_on ? string_continued : 0));
    write(dope + 4, into_.address);
    ++result_.strings;
}

/// The rest of a string that does not fit.
void System::Run::skip_string() {
    bool more = true;
    while (more) {
        const Word size = read(Side::sender, send_dope_at(send_index_++));
        more = (size & string_continued) != 0 && send_index_ < send_count_;
    }
}

/// The unused parts of a logical buffer.
void System::Run::skip_buffer() {
    while (next_buffer_part()) {
        into_.continued =
            (read(Side::receiver, receive_dope_at(++receive_index_) + 8) & string_continued) != 0;
    }
}

void System::Run::log(Word value) {
    transfer_.log.push_back(value);
    transfer_.copied = 0;
    ++step_;
}

/// Physical address of what one of the two could access itself.
Physical System::Run::address(Side side, std::uint64_t va, bool write) {
    if (va >= L4_USER_TOP) {
        throw TransferAborted{};
    }
    const ThreadName owner = side == Side::sender ? sender_ : receiver_;
    const Word where = static_cast<Word>(va);
    Translation found = system_.memory_.access(owner.task, where, write);
    if (!found.allowed && owner.task == L4_TASK_SIGMA0) {
        if (!system_.memory_.sigma0_fault(where)) {
            throw Sigma0Killed{owner};
        }
        found = system_.memory_.access(owner.task, where, write);
    }
    if (!found.allowed) {
        throw PageMissing{side, where, write, found.present};
    }
    return found.phys;
}

Word System::Run::read(Side side, std::uint64_t va) {
    if (is_done()) {
        return done();
    }
    const Word value = system_.ram_.word(address(side, va, false));
    log(value);
    return value;
}

void System::Run::write(std::uint64_t va, Word value) {
    if (is_done()) {
        done();
        return;
    }
    system_.ram_.set_word(address(Side::receiver, va, true), value);
    log(0);
}

/// Ascending, in units of 1 or 4 bytes; a unit is read and written, or it is not done.
void System::Run::copy(std::uint64_t from, std::uint64_t to, Word size, Word unit) {
    if (is_done()) {
        done();
        return;
    }
    Word& moved = transfer_.copied;
    while (moved < size) {
        const Physical source = address(Side::sender, from + moved, false);
        const Physical target = address(Side::receiver, to + moved, true);
        const Word run = static_cast<Word>(std::min<Physical>(
            {size - moved, page_size - source % page_size, page_size - target % page_size}));
        for (Word i = 0; i < run; i += unit) {
            if (unit == 4) {
                system_.ram_.set_word(target + i, system_.ram_.word(source + i));
            } else {
                system_.ram_.set_byte(target + i, system_.ram_.byte(source + i));
            }
        }
        moved += run;
    }
    log(0);
}

void System::Run::map(Word snd_base, Word fpage) {
    MapResult mapped = MapResult::nothing;
    if (is_done()) {
        mapped = done() != 0 ? MapResult::something : MapResult::nothing;
    } else {
        mapped = system_.memory_.map_item(sender_.task, receiver_.task, snd_base, fpage, window_);
        if (mapped == MapResult::no_memory) {
            throw MapFailed{};
        }
        log(mapped == MapResult::something ? 1 : 0);
    }
    result_.fpage = result_.fpage || mapped == MapResult::something;
}

} // namespace spec
