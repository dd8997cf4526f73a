// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "bench/scenario/system.h"

namespace bench {

/// Root maps one page to a task by a short message and gets an answer (two kernel entries), then unmaps it
/// (one), while `n` other pages are mapped in that task.
class MapOnePage {
public:
    explicit MapOnePage(std::uint32_t n);
    void map() { map(measured_page, measured_va); }
    void unmap();
    void run() {
        map();
        unmap();
    }

private:
    void map(std::uint32_t from, std::uint32_t va);

    static constexpr std::uint32_t measured_page = System::memory, measured_va = 0x10000000;
    System system_;
    kern::Thread* receiver_;
};

/// Only one half of it is measured.
class MapOnly : public MapOnePage {
public:
    explicit MapOnly(std::uint32_t n) : MapOnePage(n) { map(); }
    void prepare() { unmap(); }
    void run() { map(); }
};
class UnmapOnly : public MapOnePage {
public:
    using MapOnePage::MapOnePage;
    void prepare() { map(); }
    void run() { unmap(); }
};

/// A page of root is mapped `n` times; run() takes all of that back, step() does one kernel entry of it.
class UnmapTree {
public:
    enum class Shape : std::uint8_t {
        wide, ///< every mapping a child of root's page, all in one space
        deep, ///< every mapping made from the one before it, in two spaces
    };
    UnmapTree(std::uint32_t n, Shape shape, const kern::Limits& limits = {});
    void prepare();
    bool step(); ///< false: it was the last
    void run() {
        while (step()) {
        }
    }
    std::uint32_t items() const { return n_; }

private:
    void build_wide();
    void build_deep();

    static constexpr std::uint32_t first_va = 0x08000000;
    const std::uint32_t n_;
    const Shape shape_;
    System system_;
    kern::Thread* receiver_;
};

/// A thread touches a page that is not there; its pager in another space maps one; the thread goes on (two
/// kernel entries), and drops its page (one).  It has `n` others.  The pager may ask for the thread's state
/// with the fault and send it back with the page.
class PageFault {
public:
    enum class With : std::uint8_t { registers, state };
    explicit PageFault(std::uint32_t n, With with = With::registers);
    void fault();
    void drop();
    void run() {
        fault();
        drop();
    }

private:
    static constexpr std::uint32_t va = 0x10000000;
    System system_;
    kern::Thread* client_;
};

/// Without the end of it.
class FaultOnly : public PageFault {
public:
    using PageFault::PageFault;
    void prepare() { drop(); } // a page that is not there may be dropped, too
    void run() { fault(); }
};

} // namespace bench
