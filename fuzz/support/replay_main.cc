// SPDX-License-Identifier: BSD-2-Clause
// Runs a fuzz target over the files and directories that it is given, without libFuzzer.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

/// What is being run: a target that finds something ends the process.
struct {
    std::string path;
    std::size_t size = 0; ///< so many of its bytes
} now;

void say_input(int signal) {
    if (!now.path.empty())
        std::fprintf(stderr, "the input is the first %zu bytes of %s: head -c %zu %s >FILE\n", now.size,
                     now.path.c_str(), now.size, now.path.c_str());
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

std::vector<std::string>& inputs() {
    static std::vector<std::string> all;
    return all;
}

/// False: there is something else than inputs, and it was said.
bool add(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) {
        std::fprintf(stderr, "%s: there is no such input\n", path.c_str());
        return false;
    }
    if (!std::filesystem::is_directory(path)) {
        inputs().push_back(path.string());
        return true;
    }
    for (const auto& file : std::filesystem::directory_iterator(path)) {
        if (file.is_directory()) {
            std::fprintf(stderr, "%s: a folder in a corpus, which has inputs only; move its inputs up\n",
                         file.path().c_str());
            return false;
        }
        inputs().push_back(file.path().string());
    }
    return true;
}

TEST(Corpus, EveryInputAndSomeOfItsPrefixesPass) {
    ASSERT_FALSE(inputs().empty()) << "no inputs: the corpus is empty";
    for (const std::string& path : inputs()) {
        SCOPED_TRACE(path);
        std::ifstream in(path, std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
        ASSERT_TRUE(in) << path << " can not be read";
        const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        for (const std::size_t part : {1, 2, 4}) {
            now = {path, bytes.size() / part};
            EXPECT_EQ(LLVMFuzzerTestOneInput(data, now.size), 0);
        }
        now = {};
    }
    RecordProperty("inputs", static_cast<int>(inputs().size()));
}

} // namespace

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, say_input);
    for (int i = 1; i < argc; ++i)
        if (!add(argv[i])) return 2;
    std::sort(inputs().begin(), inputs().end());
    return RUN_ALL_TESTS();
}
