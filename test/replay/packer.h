// SPDX-License-Identifier: BSD-2-Clause
// Traces for the PC: into packs and back (test/replay/pack.h).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "test/lockstep/recording.h"
#include "test/replay/observation.h"

namespace replay {

/// RAM from address 0 on of the replaying PC, in pages: traces for it are recorded with as much.
inline constexpr std::uint32_t pc_user_pages = 65536;

class Packer {
public:
    /// Performs the trace once more and keeps what it leaves behind after each step.  Says why not when the
    /// PC can not do it as the simulated machine does (docs/pc.md), and empty when it is packed.
    std::string add(const test::Recording& recording, std::uint64_t seed);

    std::uint32_t traces() const { return traces_; }
    std::uint64_t steps() const { return steps_; }
    std::vector<std::uint32_t> pack() const;
    /// To a file; says what is in it.  Throws TraceError.
    std::string write(const std::string& path) const;

private:
    std::vector<std::uint32_t> body_;
    std::uint32_t traces_ = 0;
    std::uint64_t steps_ = 0;
};

struct Unpacked {
    test::Recording recording;
    std::uint64_t seed = 0;
};
/// Trace `number`, from 1 on; throws std::invalid_argument.
Unpacked unpack(const std::vector<std::uint32_t>& pack, std::uint32_t number);

/// Everything observable after that many steps, a line of text for each line, as the PC prints it.
std::string state_after(const test::Recording& recording, std::size_t steps);

} // namespace replay
