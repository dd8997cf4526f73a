// SPDX-License-Identifier: BSD-2-Clause
// A bug that clang-tidy must find, or it finds none in the kernel either.
namespace seeded {

double half(int x) { return x / 2; }

} // namespace seeded
