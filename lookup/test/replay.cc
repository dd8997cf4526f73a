// SPDX-License-Identifier: BSD-2-Clause
// Runs a fuzz target over files.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        std::ifstream in(argv[i], std::ios::binary);
        const std::vector<char> text((std::istreambuf_iterator<char>(in)), {});
        if (!in) return std::fprintf(stderr, "can not read %s\n", argv[i]), 1;
        std::printf("%s\n", argv[i]);
        std::fflush(stdout); // names the input that ends the process
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    std::printf("%d inputs\n", argc - 1);
    return argc > 1 ? 0 : 1;
}
