// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/test/root_fixture.h"

std::string l4env::root::log_text;

extern "C" void l4c_print(const char* piece, std::size_t length) {
    l4env::root::log_text.append(piece, length);
}
