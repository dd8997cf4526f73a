// SPDX-License-Identifier: BSD-2-Clause
// Address spaces, the tree of mappings, I/O ports, and who pays (semantics 9).
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spec/accounts.h"
#include "spec/config.h"
#include "spec/flexpage.h"
#include "spec/ports.h"

namespace spec {

/// A page is named by where it is mapped.
struct PageName {
    TaskNo task = 0; ///< 0: no page
    Word va = 0;
    auto operator<=>(const PageName&) const = default;
};

struct Page {
    Word phys = 0;
    bool super = false;
    PageBits bits;
    std::vector<PageBits> parts; ///< not empty: split (9.7)
    PageName parent;
    std::vector<PageName> children; ///< in the order in which they were mapped
    bool fanout = false;
    Word depth = 0; ///< how many pages it was mapped from, one from the other

    bool is_split() const { return !parts.empty(); }
};

enum class MapResult { nothing, something, no_memory };

inline constexpr Word chain_max = 65536; ///< pages, each mapped from the one before (semantics 10)

/// What a walk of the page tables finds.
struct Translation {
    bool present = false;
    bool allowed = false;
    Physical phys = 0; ///< of the byte
    PageBits bits{};   ///< of the page, or of its part
};

class Memory {
public:
    explicit Memory(const Config& config)
        : kernel_begin_(config.kernel_begin), kernel_end_(config.kernel_end) {}

    /// An empty space.  Whoever calls has paid for the task.
    void create(TaskNo task, TaskNo account) { spaces_[task].account = account; }
    /// Unmaps everything there with all that was mapped from it.
    void destroy(TaskNo task);
    void give_all_ports(TaskNo task);

    /// Like the hardware: an access that succeeds sets the accessed and dirty bits.
    Translation access(TaskNo task, Word va, bool write);
    Translation look(TaskNo task, Word va, bool write) const;

    /// One map item (9.3): words of the message, window word of the receiver.
    MapResult map_item(TaskNo from, TaskNo to, Word snd_base, Word fpage, Word window);
    /// fpage_unmap (9.6).  Returns EAX.
    Word unmap(TaskNo caller, Word fpage, Word mask);
    /// The kernel as sigma0's pager (9.10).  False: the thread is killed.
    bool sigma0_fault(Word va);

    bool has_port(TaskNo task, std::uint16_t port) const { return spaces_.at(task).ports.contains(port); }
    bool has_all_ports(TaskNo task) const { return (PortSet::all() - spaces_.at(task).ports).empty(); }
    TaskNo account_of(TaskNo task) const { return spaces_.at(task).account; }
    void observe(TaskNo task, TaskView&) const;
    /// Frames that the mappings of a task cost, nodes not included; counted, not remembered.
    Bill count(TaskNo task) const;
    /// Empty, or what is wrong with the tree.
    std::string check() const;

    Accounts accounts;

private:
    struct Space {
        TaskNo account = 0;
        PortSet ports;
        TaskNo port_giver = 0;
        bool paid_bitmap = false;
    };
    struct Unmap {
        bool flush, reset;
        TaskNo only; ///< 0: every task
        Word status = 0;
        bool reaches(TaskNo task) const { return only == 0 || only == task; }
        bool takes_all_below(bool touched) const { return flush && (only == 0 || touched); }
    };
    /// Where a map item goes.
    struct Item {
        TaskNo from, to;
        bool grant, write;
        Flexpage source, window;
        Word start; ///< receive address that belongs to source.base
        std::uint64_t target(std::uint64_t at) const;
    };

    // memory_tree.cc
    PageName covering(TaskNo task, Word va) const;
    bool region_is_empty(TaskNo task, Word va) const;
    bool region_has_table(TaskNo task, Word va) const;
    void insert(PageName, Page);
    void move(PageName from, PageName to, bool writable);
    void remove(PageName);
    void unlink(PageName child);
    Bill cost_of(const Page&) const;

    // map.cc
    MapResult map_memory(const Item&, Word snd_base);
    static bool ends_chain(const Page& page) { return page.depth == chain_max - 1; }
    bool moves_as_one(const Item&, std::uint64_t at, PageName source) const;
    MapResult map_super(const Item&, PageName source, Word target);
    MapResult map_small(const Item&, PageName source, Word part, Word target);

    // unmap.cc
    void visit(PageName, Word first, Word count, bool touched, Unmap&);
    void visit_below(PageName, bool supers, Word first, Word count, bool touched, Unmap&);
    void change(PageName, Word first, Word count, Unmap&);

    // ports.cc
    MapResult map_ports(TaskNo from, TaskNo to, const PortSet&, bool grant);
    void take_ports(TaskNo task, const PortSet&);
    void flush_ports_below(TaskNo task, const PortSet&, TaskNo only, TaskNo spare);

    Word kernel_begin_, kernel_end_;
    std::map<TaskNo, Space> spaces_;
    std::map<PageName, Page> pages_;
};

} // namespace spec
