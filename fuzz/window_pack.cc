// SPDX-License-Identifier: BSD-2-Clause
// The inputs of fuzz_window as traces for the PC (docs/pc.md, Replaying traces):
//
//   window_pack PACK FOLDER
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/window.h"
#include "test/replay/packer.h"

namespace {

std::vector<std::string> inputs(const std::string& folder) {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        all.push_back(entry.path().string());
    std::sort(all.begin(), all.end());
    return all;
}

void pack(const std::string& to, const std::string& folder) {
    replay::Packer packer;
    unsigned left_out = 0;
    for (const std::string& path : inputs(folder)) {
        const std::string bytes = test::read_file(path, "input");
        const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        const std::string why = packer.add(fuzz::record_window({data, bytes.size()}), packer.traces() + 1);
        if (why.empty()) {
            std::printf("trace %u is %s\n", packer.traces(), path.c_str());
            continue;
        }
        ++left_out;
        std::printf("%s is left out: %s\n", path.c_str(), why.c_str());
    }
    std::printf("%s, %u left out\n", packer.write(to).c_str(), left_out);
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 3) throw std::invalid_argument("it wants the pack to write and the folder of inputs");
        pack(argv[1], argv[2]);
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "window_pack: %s\n", e.what());
        return 2;
    }
}
