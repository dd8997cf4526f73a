// SPDX-License-Identifier: BSD-2-Clause
// Physical memory.  Beyond its end reads give 0xff bytes and writes are lost.  The UTCB areas (11.1) are not
// in it; they have addresses of their own, above all others.
#pragma once

#include <array>
#include <map>

#include "spec/flexpage.h"

namespace spec {

class Ram {
public:
    using Frame = std::array<std::uint8_t, page_size>;

    explicit Ram(Word bytes) : bytes_(bytes) {}

    using UtcbArea = std::array<std::uint8_t, L4_UTCB_AREA_SIZE>;
    static constexpr Physical utcb(TaskNo task, Word offset) {
        return (Physical{1} << 32) + Physical{task} * L4_UTCB_AREA_SIZE + offset;
    }
    void make_utcbs(TaskNo task) { utcbs_[task] = {}; }
    void drop_utcbs(TaskNo task) { utcbs_.erase(task); }

    std::uint8_t byte(Physical) const;
    void set_byte(Physical, std::uint8_t);

    /// At a multiple of 4.
    Word word(Physical) const;
    void set_word(Physical, Word);

    /// Every frame that has ever been written, by physical address.  The others are zero.
    const std::map<Word, Frame>& written() const { return frames_; }
    const std::map<TaskNo, UtcbArea>& utcbs() const { return utcbs_; }

private:
    Word bytes_;
    std::map<Word, Frame> frames_;
    std::map<TaskNo, UtcbArea> utcbs_; ///< of the active tasks
};

} // namespace spec
