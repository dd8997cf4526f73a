// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "l4env/roottask/src/multiboot.h"
#include "l4env/roottask/src/options.h"
#include "l4env/roottask/src/root.h"

namespace l4env::root {

/// The boot modules behind sigma0 and the root task, which are to be started.
class Boot {
public:
    /// `info` and all that it refers to: physical addresses, as `memory` shows them.
    Boot(const Multiboot& info, const Memory& memory) : info_(info), memory_(memory) {}

    /// The root task's own arguments.
    Text arguments() const;
    /// Starts all but configurations (*.cfg), which are about the others, and what is `data=` of another.
    /// What cannot be started, and a configuration that cannot be read, is told on the log; the result is
    /// their number.
    std::uint32_t start_all(Root& root) const;

private:
    static constexpr std::uint32_t first = 2;
    struct Job {
        CommandLine line;
        Options options;
        std::span<const std::byte> file;
    };

    std::span<const Multiboot::Module> modules() const;
    std::span<const std::byte> file(const Multiboot::Module& m) const;
    Text text(std::uint32_t address) const;
    bool is_configuration(const Multiboot::Module& m) const;
    Text all_of(const Multiboot::Module& m) const;
    bool names_module(Text name) const;
    /// False: it has been told what is wrong with it.
    bool check(const Multiboot::Module& configuration) const;
    Complaint read(const Multiboot::Module& m, Job& job) const;
    bool is_data(Text name) const;
    bool find_data(const Options& options, Data& data) const;

    const Multiboot& info_;
    const Memory memory_;
};

} // namespace l4env::root
