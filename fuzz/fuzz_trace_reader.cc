// SPDX-License-Identifier: BSD-2-Clause
// The reader of traces: any text is refused with a message, or means the same after it was written and read
// again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/support/session.h"
#include "test/lockstep/recording.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr const char* target = "fuzz_trace_reader";
    const std::string text(reinterpret_cast<const char*>(data), size);
    std::string once;
    try {
        once = test::to_string(test::parse_recording(text, "it"), test::comment_of(text));
    } catch (const test::TraceError& e) {
        const std::string what = e.what();
        fuzz::expect(what.substr(0, 3) == "it:" && what.size() > 20, target,
                     "a message that says nothing: " + what);
        return 0;
    }
    try {
        const std::string twice = test::to_string(test::parse_recording(once, "it"), test::comment_of(once));
        fuzz::expect(once == twice, target, "written and read again it is another trace:\n" + once + twice);
    } catch (const test::TraceError& e) {
        fuzz::expect(false, target, "what was written is refused: " + std::string(e.what()) + "\n" + once);
    }
    return 0;
}
