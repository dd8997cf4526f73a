// SPDX-License-Identifier: BSD-2-Clause
// The three tables of threads against std::map.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "lookup/test/against_map.h"

namespace {

template <class Table>
void check(const char* name, std::span<const std::uint8_t> bytes) {
    const std::string difference = lookup::AgainstMap<Table>().run(bytes);
    if (difference.empty()) return;
    std::fprintf(stderr, "%s differs from std::map: %s\n", name, difference.c_str());
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size);
    check<lookup::ListTable>("task_list", bytes);
    check<lookup::ArrayTable>("task_array", bytes);
    check<lookup::HashTable<0>>("version_hash with one list", bytes);
    check<lookup::HashTable<4>>("version_hash", bytes);
    return 0;
}
