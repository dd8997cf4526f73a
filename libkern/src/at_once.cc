// SPDX-License-Identifier: BSD-2-Clause
// The most frequent messages with a buffer: words, and perhaps a string in one piece, with every page there
// and nothing cut (docs/semantics.md 7.5).  Does to memory what the steps of a transfer would do; so nobody
// can tell but by a clock.
#include "leg.h"

namespace kern {
namespace {

using Page = PageTables::Place;

constexpr std::uint32_t bytes_at_once = 4224; ///< for one entry: a page, and what goes with it
constexpr std::uint32_t head_size = sizeof(l4_msg_head_t);

/// One side's memory.
struct Memory {
    std::byte* at(const Page& page, std::uint32_t addr) const {
        return machine.page(PAddr{page.frame}).data() + addr % ia32::page_size;
    }
    bool find(std::uint32_t addr, Page& page) const { return tables.find(space, VAddr{addr}, page); }

    arch::Machine& machine;
    const PageTables& tables;
    const Space& space;
};

/// Some bytes of one side's.
struct Range {
    std::uint32_t last() const { return at + size - 1; }
    /// False: a page is missing.  The first one is known.
    template <Access access>
    [[gnu::always_inline]] bool is_there(const Memory& memory) const {
        Page page = first;
        bool may = access == Access::read || page.writable();
        while (may && page.last < last())
            may = memory.tables.next(memory.space, page) && (access == Access::read || page.writable());
        return may;
    }

    std::uint32_t at, size; ///< not 0
    Page first;
};

/// Run by run, a run ending with a page of either side.
[[gnu::always_inline]] inline void copy(const Memory& sender, const Range& source, const Memory& receiver,
                                        const Range& target) {
    std::uint32_t from = source.at, to = target.at;
    Page read = source.first, written = target.first;
    for (std::uint32_t left = source.size;;) {
        std::uint32_t run = std::min(read.last - from, written.last - to) + 1;
        if (run > left) run = left;
        read.mark_read();
        written.mark_written();
        copy_up(receiver.machine, receiver.at(written, to), sender.at(read, from), run);
        left -= run;
        if (left == 0) return;
        receiver.machine.rest();
        from += run;
        to += run;
        if (from > read.last) sender.tables.next(sender.space, read);
        if (to > written.last) receiver.tables.next(receiver.space, written);
    }
}

constexpr bool in_one_page(std::uint32_t addr, std::uint32_t size) { return to_page_end(addr) >= size; }

/// The string of such a message.
class String {
public:
    String(const Memory& sender, const Memory& receiver) : sender_(sender), receiver_(receiver) {}

    /// By its dopes.  False: it is of another sort.  With both heads these are the four pages that a machine
    /// shows at a time.
    bool find(std::uint32_t dope, std::uint32_t room) {
        constexpr std::uint32_t goes_on = 1u << 31, dope_size = sizeof(l4_strdope_t);
        dope_at_ = room;
        if (!in_one_page(dope, dope_size) || !in_one_page(room, dope_size) || !sender_.find(dope, gives_) ||
            !receiver_.find(room, takes_) || !takes_.writable())
            return false;
        const auto& gives = *reinterpret_cast<const l4_strdope_t*>(sender_.at(gives_, dope));
        const auto& takes = *reinterpret_cast<const l4_strdope_t*>(receiver_.at(takes_, room));
        const std::uint32_t size = gives.snd_size;
        if (((size | takes.rcv_size) & goes_on) != 0 || size > takes.rcv_size || size == 0 ||
            size > bytes_at_once)
            return false;
        source_ = {gives.snd_addr, size, {}};
        target_ = {takes.rcv_addr, size, {}};
        return sender_.find(source_.at, source_.first) && source_.is_there<Access::read>(sender_) &&
               receiver_.find(target_.at, target_.first) && target_.is_there<Access::write>(receiver_);
    }
    std::uint32_t size() const { return source_.size; }
    /// Dopes are read after words were stored.  Are they in a page where these are stored?  The receiver's
    /// own lies behind them, unless it has that page twice.
    bool depends_on(const Page& page) const {
        return page.frame == gives_.frame || (page.frame == takes_.frame && page.last != takes_.last);
    }
    void move() const {
        gives_.mark_read();
        takes_.mark_written();
        copy(sender_, source_, receiver_, target_);
        const std::uint32_t stored[] = {source_.size, target_.at};
        std::memcpy(receiver_.at(takes_, dope_at_), stored, sizeof stored);
    }

private:
    const Memory &sender_, &receiver_;
    Page gives_, takes_;
    std::uint32_t dope_at_;
    Range source_, target_;
};

/// The words of such a message, from its registers and from behind its head.
class Words {
public:
    Words(const Memory& sender, const Memory& receiver) : sender_(sender), receiver_(receiver) {}

    /// By the heads.  False: it is of another sort.
    bool find(std::uint32_t send, std::uint32_t receive) {
        if (!in_one_page(send, head_size + 1) || !in_one_page(receive, head_size + 1) ||
            !sender_.find(send, source_.first) || !receiver_.find(receive, target_.first) ||
            !target_.first.writable())
            return false;
        head_ = reinterpret_cast<const l4_msg_head_t*>(sender_.at(source_.first, send));
        room_ = reinterpret_cast<l4_msg_head_t*>(receiver_.at(target_.first, receive));
        count = std::max(dwords(head_->snd_dope), L4_MSG_REGISTER_DWORDS);
        if (count > dwords(room_->size_dope) || count > bytes_at_once / 4) return false;
        source_.at = send + head_size;
        target_.at = receive + head_size;
        source_.size = target_.size = 4 * (count - L4_MSG_REGISTER_DWORDS);
        return source_.size == 0 ||
               (source_.is_there<Access::read>(sender_) && target_.is_there<Access::write>(receiver_));
    }
    std::uint32_t strings() const { return kern::strings(head_->snd_dope); }
    bool find(String& string, std::uint32_t send, std::uint32_t receive) const {
        if (strings() > 1 || kern::strings(room_->size_dope) == 0 ||
            !string.find(send + words_at + 4 * dwords(head_->size_dope),
                         receive + words_at + 4 * dwords(room_->size_dope)) ||
            source_.size + string.size() > bytes_at_once)
            return false;
        Page page = target_.first;
        while (!string.depends_on(page) && page.last < target_.last())
            receiver_.tables.next(receiver_.space, page);
        return page.last >= target_.last() && !string.depends_on(page);
    }
    void move(const arch::Frame& registers) const {
        room_->dwords[0] = registers.edx;
        room_->dwords[1] = registers.ebx;
        if (source_.size != 0) return copy(sender_, source_, receiver_, target_);
        source_.first.mark_read();
        target_.first.mark_written();
    }

    std::uint32_t count;

private:
    const Memory &sender_, &receiver_;
    const l4_msg_head_t* head_;
    l4_msg_head_t* room_;
    Range source_, target_;
};

} // namespace

/// Moves the message of `from`, who runs, to the buffer of `to`, who waits for it.  The message dope that
/// `to` gets; 0: it is of another sort, and nothing has happened.
std::uint32_t Kernel::move_at_once(Thread& from, Thread& to) {
    const std::uint32_t send = from.frame.eax, receive = to.frame.ebp & ~L4_RCV_OPEN;
    if (((send | receive) & ~L4_SND_BUFFER_MASK) != 0 || receive == 0 || to.args_kept_ ||
        at_once(limits_.bytes) < bytes_at_once)
        return 0;
    const Memory sender{machine_, map_db_.tables(), from.task().space()},
        receiver{machine_, map_db_.tables(), to.task().space()};
    Words words(sender, receiver);
    if (!words.find(send, receive)) return 0;
    const auto move_words = [&] {
        machine_.rest(); // lets one come, which is served at the end: to move all is a piece of work
        words.move(from.frame);
    };
    if (words.strings() == 0) {
        move_words();
        return l4_msgdope(words.count, 0);
    }
    String string(sender, receiver);
    if (!words.find(string, send, receive)) return 0;
    move_words();
    machine_.rest();
    string.move();
    return l4_msgdope(words.count, 1);
}

} // namespace kern
