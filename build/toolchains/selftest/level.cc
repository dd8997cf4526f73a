// SPDX-License-Identifier: BSD-2-Clause
// Says how it was compiled.
#include <cstdio>

#ifdef __clang__
constexpr const char* compiler = "clang";
#else
constexpr const char* compiler = "gcc";
#endif
#ifdef __OPTIMIZE__
constexpr bool optimized = true;
#else
constexpr bool optimized = false;
#endif

int main() { std::printf("%s, %s\n", compiler, optimized ? "optimized" : "not optimized"); }
