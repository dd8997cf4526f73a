// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>

#include "kern/limits.h"
#include "kern/preorder.h"
#include "kern/strong.h"
#include "kern/tree_link.h"

namespace kern {

/// Visits a subtree of a Preorder list, some steps per kernel entry, while others change the list.
///
/// Top-down, parents first, for operations that keep the nodes: a parent that was visited can not hand on
/// what the operation took from it.  Bottom-up, children first, for those that remove them: no node ever
/// outlives its parent, even if the walk is given up half way, so that the tree is exact at every moment.
/// (Parents first would need no cursor, but would leave orphans that a page mapped meanwhile adopts.)
///
/// Sees every node that is there all the time; one that is added meanwhile is seen if it is below one that a
/// bottom-up walk has not yet removed.  Each node is stepped over at most three times.  Kept in kernel
/// memory; unlinks itself when it is destroyed.
class Walk {
public:
    struct Rule {
        bool bottom_up = false; ///< the visitor removes what is hit
        bool all = true; ///< all below the root is hit; else only nodes of `task` and what is below those
        bool hit_root = false; ///< the root too; only together with `all`
        TaskNo task{};
    };
    struct Visit {
        enum class Kind : std::uint8_t {
            node, ///< the visitor acts, then calls pass() or removed(); until then the same node comes again
            more, ///< out of steps
            done, ///< the walk is over
            lost, ///< the walk is over, but not through: somebody emptied the list; start again
        };
        Kind kind = Kind::done;
        TreeLink* node = nullptr;
        bool hit = false;   ///< the operation applies to this node
        bool below = false; ///< and to all that is mapped from it; without: only to what the rule hits
    };

    Walk() = default;
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;
    ~Walk() { cancel(); }

    /// Of `root` and its subtree.
    void start(const Preorder& order, TreeLink& root, Rule rule);
    /// Of the whole list at `head`, whose nodes are deeper than `depth`.  Bottom-up with `all` it throws
    /// other cursors out of the list, so that it leaves an empty list.
    void start_list(const Preorder& order, PAddr head, std::uint16_t depth, Rule rule);
    /// The next node to act upon.
    Visit next(Steps& steps);
    /// The visited node stays.
    void pass();
    /// The visitor removed the node that it visited.
    void removed() { paid_ = false; }
    void cancel();
    bool idle() const { return phase_ == Phase::idle; }

private:
    enum class Phase : std::uint8_t {
        idle,
        scan,    ///< place_ moves to the next node of the subtree
        examine, ///< that node is between place_ and end_
        extend,  ///< bottom-up: end_ moves to the end of the hit subtree, whose root follows place_
        back,    ///< bottom-up: end_ moves back to place_; the node before end_ is visited
        skip,    ///< bottom-up: the root of the hit subtree stays; place_ moves behind its subtree
    };
    bool step_scan(Steps& steps);
    bool step_extend(Steps& steps);
    bool step_skip(Steps& steps);
    bool examine(Steps& steps, Visit& visit);
    bool back(Steps& steps, Visit& visit);
    void finish_segment();
    bool is_hit(const TreeLink& node);
    bool lost() const;
    void link_after(TreeLink& where, Cursor& c);
    void link_before(TreeLink& where, Cursor& c);
    void unlink(Cursor& c);

    const Preorder* order_ = nullptr;
    Cursor place_, end_;
    Rule rule_;
    std::uint16_t bound_ = 0;     ///< the walk ends at the first node that is not deeper
    std::uint16_t hit_depth_ = 0; ///< of the root of the hit subtree
    Phase phase_ = Phase::idle;
    bool inside_ = false;  ///< within a hit subtree
    bool at_root_ = false; ///< the first segment, which belongs to the root of the walk
    bool evict_ = false;   ///< a whole list is being emptied
    bool paid_ = false;    ///< the step for the node before end_ was taken
};

} // namespace kern
