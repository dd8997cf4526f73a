// SPDX-License-Identifier: BSD-2-Clause
// Page tables, the mapping tree of a frame, and users' memory.
#include <algorithm>
#include <array>

#include "commands.h"
#include "ia32/paging.h"

namespace kdb {
namespace {

std::uint32_t word_of(const View& view, std::uint32_t frame, std::uint32_t index) {
    std::uint32_t word;
    std::memcpy(&word, view.machine.page(kern::PAddr{frame}).data() + index * sizeof word, sizeof word);
    return word;
}

struct Mapped {
    std::uint32_t va = 0, frame = 0, entry = 0, size = ia32::page_size;
    bool present() const { return (entry & ia32::present) != 0; }
};

/// What the machine finds at `va`.  Not present: `size` bytes are empty from there on.
Mapped look(const View& view, const kern::Task& task, std::uint32_t va) {
    const std::uint32_t pde = word_of(view, task.space().directory().raw(), ia32::directory_index(va));
    if ((pde & ia32::present) == 0 || (pde & ia32::super) != 0) {
        const std::uint32_t region = va & ia32::super_mask;
        return {region, pde & ia32::super_mask, pde, ia32::super_size};
    }
    const std::uint32_t pte = word_of(view, pde & ia32::frame_mask, ia32::table_index(va));
    return {va & ia32::frame_mask, pte & ia32::frame_mask, pte, ia32::page_size};
}

/// All pages of users' part from `from` to the one that `to` is in.
template <class F>
void for_pages(const View& view, const kern::Task& task, std::uint32_t from, std::uint32_t to, F visit) {
    while (from < L4_USER_TOP && from <= to) {
        const Mapped m = look(view, task, from);
        if (m.present()) visit(m);
        from = m.va + m.size;
    }
}

void put_rights(Output& out, std::uint32_t entry) {
    out << 'r' << ((entry & ia32::writable) != 0 ? 'w' : '-') << ((entry & ia32::accessed) != 0 ? 'a' : '-')
        << ((entry & ia32::dirty) != 0 ? 'd' : '-');
    if ((entry & ia32::cache_disable) != 0) out << " uncached";
}

/// Neighbours that lie side by side, with the same rights, are one line.
class Runs {
public:
    explicit Runs(Output& out) : out_(out) {}
    void add(const Mapped& m) {
        constexpr std::uint32_t flags = ~ia32::frame_mask;
        const bool goes_on = count_ != 0 && m.size == first_.size && m.va == first_.va + count_ * m.size &&
                             m.frame == first_.frame + count_ * m.size &&
                             (m.entry & flags) == (first_.entry & flags);
        if (!goes_on) {
            put();
            first_ = m;
            count_ = 0;
        }
        ++count_;
    }
    void put() const {
        if (count_ == 0) return;
        out_ << "  " << Hex{first_.va, 8} << '-' << Hex{first_.va + count_ * first_.size - 1, 8} << " -> "
             << Hex{first_.frame, 8} << ' ';
        put_rights(out_, first_.entry);
        out_ << "  " << Dec{count_} << (first_.size == ia32::page_size ? " of 4 KiB\n" : " of 4 MiB\n");
    }

private:
    Output& out_;
    Mapped first_{};
    std::uint32_t count_ = 0;
};

/// One mapping of the frame that is asked about.
struct Node {
    const kern::Task* task = nullptr;
    Mapped at{};
    kern::MapDb::Origin origin{};
    bool put = false;
};

/// The mappings of one frame, found by looking through all page tables, and their tree by their serial
/// numbers.
class Tree {
public:
    Tree(const View& view, std::uint32_t frame) {
        for_tasks(view.kernel, [&](const kern::Task& task) {
            for_pages(view, task, 0, L4_USER_TOP - 1, [&](const Mapped& m) {
                if (frame - m.frame >= m.size) return;
                if (count_ == nodes_.size())
                    more_ = true;
                else
                    nodes_[count_++] = {&task, m,
                                        view.kernel.map_db().origin(task.space(), kern::VAddr{m.va})};
            });
        });
    }
    void put(Output& out) {
        for (std::uint32_t i = 0; i < count_; ++i)
            if (!is_child(nodes_[i])) put_with_children(out, nodes_[i], 1);
        if (count_ == 0) out << "  no task has mapped it\n";
        if (more_) out << "  and more\n";
    }

private:
    bool is_child(const Node& n) const {
        if (n.origin.parent_serial == 0) return false;
        for (std::uint32_t i = 0; i < count_; ++i)
            if (nodes_[i].origin.serial == n.origin.parent_serial) return true;
        return false;
    }
    void put_with_children(Output& out, Node& n, unsigned depth) {
        if (n.put) return;
        n.put = true;
        for (unsigned i = 0; i < depth; ++i) out << "  ";
        out << "task " << Dec{n.task->no().raw()} << " at " << Hex{n.at.va, 8} << ' ';
        put_rights(out, n.at.entry);
        if (n.at.size != ia32::page_size)
            out << ", 4 MiB";
        else if (n.origin.split)
            out << ", part of 4 MiB";
        if (n.origin.serial == 0) out << ", the kernel's";
        out << '\n';
        if (n.origin.serial == 0) return;
        for (std::uint32_t i = 0; i < count_; ++i)
            if (nodes_[i].origin.parent_serial == n.origin.serial)
                put_with_children(out, nodes_[i], depth + 1);
    }

    std::array<Node, 32> nodes_{};
    std::uint32_t count_ = 0;
    bool more_ = false;
};

} // namespace

std::optional<std::uint32_t> user_word(const View& view, const kern::Task& task, std::uint32_t va) {
    const Mapped m = look(view, task, va);
    if (va % sizeof(std::uint32_t) != 0 || va >= L4_USER_TOP || !m.present()) return {};
    const std::uint32_t at = m.frame + (va - m.va);
    return word_of(view, at & ia32::frame_mask, at % ia32::page_size / sizeof(std::uint32_t));
}

void pages(const View& view, Output& out, Words& words) {
    const kern::Task* const t = active_task(view, out, words);
    if (!t) return;
    const auto from = words.number();
    const std::uint32_t to = words.number_or(from ? *from : L4_USER_TOP - 1);
    if (!words.empty()) return;
    Runs runs(out);
    for_pages(view, *t, from.value_or(0) & ia32::frame_mask, to, [&](const Mapped& m) { runs.add(m); });
    runs.put();
}

void frame(const View& view, Output& out, Words& words) {
    const auto address = words.number();
    if (!address) {
        out << "which? a physical address\n";
        return;
    }
    if (!words.empty()) return;
    const kern::PAddr at{*address};
    const kern::FramePool& pool = view.kernel.frames();
    if (at >= pool.begin() && at < pool.end()) out << "  kernel memory\n";
    Tree(view, *address & ia32::frame_mask).put(out);
}

constexpr std::uint32_t most_words = 1024; ///< of memory: it can not be broken off

void memory(const View& view, Output& out, Words& words) {
    const kern::Task* const t = active_task(view, out, words);
    if (!t) return;
    std::uint32_t at = words.number_or(0) & ~3u;
    const std::uint32_t count = std::min(words.number_or(16), most_words);
    if (!words.empty()) return;
    for (std::uint32_t i = 0; i < count; ++i, at += 4) {
        if (i % 4 == 0) out << (i == 0 ? "  " : "\n  ") << Hex{at, 8} << ':';
        const auto word = user_word(view, *t, at);
        if (word)
            out << ' ' << Hex{*word, 8};
        else
            out << " --------";
    }
    out << '\n';
}

} // namespace kdb
