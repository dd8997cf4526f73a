// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstdint>
#include <vector>

namespace arch {

/// A table from keys to words that forgets only when told, and forgets everything in constant time: an
/// open-addressed hash table whose entries carry the generation they belong to.  Grows without limit.
class Lookaside {
public:
    /// The word stored under `key`, or nullptr.  Valid until the next insert.
    const std::uint32_t* find(std::uint32_t key) const {
        for (std::uint32_t i = home(key);; i = next(i)) {
            const Entry& e = entries_[i];
            if (e.generation != generation_) return nullptr;
            if (e.key == key) return e.live ? &e.value : nullptr;
        }
    }
    void insert(std::uint32_t key, std::uint32_t value);
    void forget(std::uint32_t key);
    void clear();

private:
    /// A forgotten entry stays in its slot, dead, so that those behind it are still found.
    struct Entry {
        std::uint32_t key = 0, value = 0, generation = 0;
        bool live = false;
    };
    std::uint32_t home(std::uint32_t key) const { return key * 0x9e3779b1u >> shift_; }
    std::uint32_t next(std::uint32_t i) const {
        return (i + 1) & static_cast<std::uint32_t>(entries_.size() - 1);
    }
    Entry& slot(std::uint32_t key);
    void grow();

    static constexpr std::uint32_t start_shift = 32 - 5;
    std::vector<Entry> entries_ = std::vector<Entry>(1u << (32 - start_shift));
    std::uint32_t shift_ = start_shift;
    std::uint32_t generation_ = 1;
    std::uint32_t used_ = 0; ///< slots of this generation, dead ones included; at most half
};

} // namespace arch
