// SPDX-License-Identifier: BSD-2-Clause
// Physical memory.  Beyond its end reads give 0xff bytes and writes are lost.
#pragma once

#include <array>
#include <map>

#include "spec/flexpage.h"

namespace spec {

class Ram {
public:
    using Frame = std::array<std::uint8_t, page_size>;

    explicit Ram(Word bytes) : bytes_(bytes) {}

    std::uint8_t byte(Word pa) const;
    void set_byte(Word pa, std::uint8_t);

    /// `pa` a multiple of 4.
    Word word(Word pa) const;
    void set_word(Word pa, Word);

    /// Every frame that has ever been written, by physical address.  The others are zero.
    const std::map<Word, Frame>& written() const { return frames_; }

private:
    Word bytes_;
    std::map<Word, Frame> frames_;
};

} // namespace spec
