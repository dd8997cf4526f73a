// SPDX-License-Identifier: BSD-2-Clause
#include "test/replay/packer.h"

#include <cinttypes>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "ia32/paging.h"
#include "test/lockstep/run.h"
#include "test/replay/pack.h"

namespace replay {
namespace {

using Kind = test::Action::Kind;

constexpr std::uint32_t direct_end = 0x2a800000;                          ///< x86::direct_size
constexpr std::uint32_t fixed_begin = 0xeac00000, fixed_end = 0xeb000000; ///< x86::fixed_base
constexpr std::uint32_t pool_pages_most = 1024;

struct Hole {
    std::uint32_t first, end; ///< frames
};
/// What is no free memory on the PC: BIOS and screen; the kernel's image.
constexpr Hole holes[] = {{0xa0, 0x100}, {0x300, 0x3f0}};

std::string hex(std::uint32_t n) {
    char text[16];
    std::snprintf(text, sizeof text, "%" PRIx32, n);
    return text;
}

/// What the PC has and programs see that the simulated machine has not, or the other way round.
std::string unusable(const test::Action& a) {
    const bool access = a.kind == Kind::load || a.kind == Kind::store;
    if (access && a.address >= fixed_begin && a.address < fixed_end)
        return "it uses " + hex(a.address) + ", where the PC has pages of its own";
    if (a.kind == Kind::set && a.code <= 1 && a.value > 0xffff && (a.value & 0xffff) <= 3)
        return "a selector of more than 16 bits";
    return {};
}

/// A digest, and whether programs have used frames where there is no memory, which read otherwise on the PC.
class Watch final : public Lines {
public:
    explicit Watch(arch::Memory& memory) : memory_(memory) {}
    void line(const char* what, std::span<const std::uint64_t> numbers) override {
        digest_.line(what, numbers);
        const std::string_view kind = what;
        const bool large = kind == "superpage";
        if (!large && kind != "page") return;
        const auto entry = static_cast<std::uint32_t>(numbers[1]);
        if ((entry & ia32::accessed) == 0) return;
        const std::uint32_t first = entry & (large ? ia32::super_mask : ia32::frame_mask);
        const std::uint32_t size = large ? ia32::super_size : ia32::page_size;
        for (std::uint32_t at = first; at - first < size; at += ia32::page_size)
            if (at < direct_end && !memory_.backed(kern::PAddr{at})) found_ = at;
    }
    std::uint64_t digest() const { return digest_.value(); }
    std::string complaint() const {
        return found_ == 0 ? "" : "there is no memory at " + hex(found_) + " on one side";
    }

private:
    arch::Memory& memory_;
    Digest digest_;
    std::uint32_t found_ = 0;
};

void put_action(const test::Action& a, Step& s) {
    s.kind = static_cast<std::uint32_t>(a.kind);
    s.code = a.code;
    s.address = a.address;
    s.value = a.value;
    s.time = words(a.time);
    s.regs = {a.regs.eax, a.regs.ebx, a.regs.ecx, a.regs.edx, a.regs.esi, a.regs.edi, a.regs.ebp};
}

void put_result(const test::StepResult& r, Step& s) {
    s.flags |= (r.idle ? std::uint32_t{Step::idle} : 0) | (r.in_kernel ? std::uint32_t{Step::in_kernel} : 0);
    s.who = std::uint32_t{r.who.task.raw()} << 8 | r.who.lthread;
    s.result = r.regs;
    s.hash = words(r.hash);
}

test::Action action_of(const Step& s) {
    return {.kind = static_cast<Kind>(s.kind),
            .code = s.code,
            .address = s.address,
            .value = s.value,
            .time = number(s.time),
            .regs = {s.regs[0], s.regs[1], s.regs[2], s.regs[3], s.regs[4], s.regs[5], s.regs[6]}};
}

test::StepResult result_of(const Step& s) {
    test::StepResult r{.idle = (s.flags & Step::idle) != 0,
                       .in_kernel = (s.flags & Step::in_kernel) != 0,
                       .hash = number(s.hash)};
    r.who = {kern::TaskNo{static_cast<std::uint16_t>(s.who >> 8)}, static_cast<std::uint8_t>(s.who)};
    r.regs = s.result;
    return r;
}

/// The word that a load without a fault has read: the translation is remembered, so to read it once more
/// changes nothing.
void put_loaded(test::Lockstep& on, const test::Action& a, Step& s) {
    const kern::VAddr at{a.address & ~3u};
    std::byte bytes[4];
    if (on.machine().load(at, bytes)) return;
    if (!on.machine().memory().backed(on.machine().translate(at, false).address)) return;
    std::memcpy(&s.loaded, bytes, sizeof bytes);
    s.flags |= Step::has_loaded;
}

class Writer {
public:
    explicit Writer(std::vector<std::uint32_t>& to) : to_(to) {}
    void step(const Step& s) {
        const auto now = std::bit_cast<StepWords>(s);
        const std::size_t mask_at = to_.size();
        to_.push_back(0);
        for (std::uint32_t i = 0; i < step_words; ++i) {
            if (now[i] == last_[i]) continue;
            to_[mask_at] |= 1u << i;
            to_.push_back(now[i]);
        }
        last_ = now;
    }

private:
    std::vector<std::uint32_t>& to_;
    StepWords last_{};
};

System system_of(const test::Recording& r, std::uint64_t seed) {
    const test::LockstepConfig& c = r.config;
    return {.size = 0,
            .steps = static_cast<std::uint32_t>(r.actions.size()),
            .seed = words(seed),
            .mode = static_cast<std::uint32_t>(r.mode),
            .user_pages = c.machine.user_pages,
            .kernel_pages = c.machine.kernel_pages,
            .sigma0_frames = c.sigma0_frames,
            .entry = {c.sigma0_ip.raw(), c.sigma0_sp.raw(), c.root_ip.raw(), c.root_sp.raw()},
            .limits = {c.limits.bytes, c.limits.pages, c.limits.timeouts, c.limits.threads, c.limits.chain},
            .boot_time = words(c.boot_time.raw()),
            .memory = {},
            .frames = 0};
}

/// One step of the trace, and what is to be found on the PC after it.
std::string perform(test::Lockstep& on, const test::Action& a, test::Mode mode, Step& s) {
    if (std::string why = unusable(a); !why.empty()) return why;
    const std::uint64_t events = on.events();
    const bool runs = !on.idle();
    put_action(a, s);
    s.flags = 0;
    s.loaded = 0;
    test::act(a, mode, on);
    put_result(test::result_of(on), s);
    if (a.kind == Kind::load && runs && on.events() == events && !on.in_kernel()) put_loaded(on, a, s);
    Watch watch(on.machine().memory());
    observe(on.kernel(), on.machine(), watch);
    s.digest = words(watch.digest());
    s.flags |= Step::has_digest;
    return watch.complaint();
}

} // namespace

std::string Packer::add(const test::Recording& recording, std::uint64_t seed) {
    test::LockstepConfig config = recording.config;
    if (config.machine.kernel_pages > pool_pages_most) return "it has too much kernel memory";
    config.compare = false;
    test::Lockstep on(config);
    std::vector<std::uint32_t> steps;
    Writer writer(steps);
    Step s{};
    for (const test::Action& a : recording.actions) {
        if (std::string why = perform(on, a, recording.mode, s); !why.empty()) return why;
        writer.step(s);
    }
    System system = system_of(recording, seed);
    std::vector<std::uint32_t> frames;
    Digest memory;
    arch::Memory& ram = on.machine().memory();
    for (std::uint32_t frame = 0; frame < ram.user_frames(); ++frame) {
        if (!ram.touched(kern::PAddr{frame * ia32::page_size})) continue;
        for (const Hole& hole : holes)
            if (frame >= hole.first && frame < hole.end) return "it uses memory that the PC has not free";
        observe_frame(on.machine(), frame, memory);
        frames.push_back(frame);
    }
    system.memory = words(memory.value());
    system.frames = static_cast<std::uint32_t>(frames.size());
    system.size = static_cast<std::uint32_t>(sizeof system / 4 + frames.size() + steps.size());
    const auto head = std::bit_cast<std::array<std::uint32_t, sizeof system / 4>>(system);
    body_.insert(body_.end(), head.begin(), head.end());
    body_.insert(body_.end(), frames.begin(), frames.end());
    body_.insert(body_.end(), steps.begin(), steps.end());
    ++traces_;
    steps_ += recording.actions.size();
    return {};
}

std::vector<std::uint32_t> Packer::pack() const {
    std::vector<std::uint32_t> all{magic, version, traces_};
    all.insert(all.end(), body_.begin(), body_.end());
    return all;
}

std::string Packer::write(const std::string& path) const {
    std::string bytes;
    for (const std::uint32_t w : pack())
        for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(w >> shift);
    test::write_file(path, bytes);
    return std::to_string(traces_) + " traces with " + std::to_string(steps_) + " steps in " + path;
}

Unpacked unpack(const std::vector<std::uint32_t>& pack, std::uint32_t number_wanted) {
    if (pack.size() < sizeof(Head) / 4 || pack[0] != magic || pack[1] != version)
        throw std::invalid_argument("no pack of traces, or one of another version");
    if (number_wanted == 0 || number_wanted > pack[2])
        throw std::invalid_argument("the pack has traces 1 to " + std::to_string(pack[2]));
    std::size_t at = sizeof(Head) / 4;
    for (std::uint32_t n = 1; n < number_wanted && at < pack.size(); ++n) at += pack[at];
    System system;
    if (at + sizeof system / 4 > pack.size() || at + pack[at] > pack.size())
        throw std::invalid_argument("the pack is cut off");
    std::memcpy(&system, &pack[at], sizeof system);
    Unpacked out{.recording = {.mode = static_cast<test::Mode>(system.mode),
                               .config = {},
                               .actions = {},
                               .results = {}},
                 .seed = number(system.seed)};
    test::LockstepConfig& c = out.recording.config;
    c.machine.user_pages = system.user_pages;
    c.machine.kernel_pages = system.kernel_pages;
    c.sigma0_frames = system.sigma0_frames;
    c.limits = {system.limits[0], system.limits[1], system.limits[2], system.limits[3], system.limits[4]};
    c.boot_time = kern::Micros{number(system.boot_time)};
    c.compare = out.recording.mode != test::Mode::alone;
    StepReader reader(&pack[at + sizeof system / 4 + system.frames]);
    for (std::uint32_t i = 0; i < system.steps; ++i) {
        const Step& s = reader.next();
        out.recording.actions.push_back(action_of(s));
        out.recording.results.push_back(result_of(s));
    }
    return out;
}

namespace {

class Text final : public Lines {
public:
    void line(const char* what, std::span<const std::uint64_t> numbers) override {
        text_ += what;
        for (const std::uint64_t n : numbers) {
            char word[24];
            std::snprintf(word, sizeof word, " %" PRIx64, n);
            text_ += word;
        }
        text_ += "\n";
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

} // namespace

std::string state_after(const test::Recording& recording, std::size_t steps) {
    test::LockstepConfig config = recording.config;
    config.compare = false;
    test::Lockstep on(config);
    for (std::size_t i = 0; i < steps && i < recording.actions.size(); ++i)
        test::act(recording.actions[i], recording.mode, on);
    Text text;
    observe(on.kernel(), on.machine(), text);
    if (steps >= recording.actions.size())
        for (std::uint32_t frame = 0; frame < on.machine().memory().user_frames(); ++frame)
            if (on.machine().memory().touched(kern::PAddr{frame * ia32::page_size}))
                observe_frame(on.machine(), frame, text);
    return text.text();
}

} // namespace replay
