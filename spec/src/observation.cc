// SPDX-License-Identifier: BSD-2-Clause
// Observations as text, and what is different between two.  Both views of a thing are made of the same list
// of named fields.
#include "spec/observation.h"

#include <algorithm>

namespace spec {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string hex(Word value) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text(8, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4) {
        *digit = digits[value & 15];
    }
    return text;
}

std::string text(Id id) { return hex(id.low) + ":" + hex(id.high); }

std::string text(const std::optional<Time>& time) { return time ? std::to_string(*time) : "-"; }

std::string text(const std::vector<ThreadName>& names) {
    std::string all;
    for (const ThreadName name : names) {
        all += (all.empty() ? "" : " ") + to_string(name);
    }
    return "[" + all + "]";
}

std::string text(PageBits bits) {
    if (!bits.present) {
        return "absent";
    }
    return std::string(bits.writable ? "rw" : "r-") + (bits.accessed ? "A" : "-") + (bits.dirty ? "D" : "-");
}

std::string text(FaultKind kind) {
    switch (kind) {
        case FaultKind::none: return "none";
        case FaultKind::user: return "user";
        case FaultKind::exception: return "exception";
        case FaultKind::transfer: return "transfer";
    }
    return "?";
}

std::string text(Role role) {
    return role == Role::none ? "none" : role == Role::driver ? "driver" : "partner";
}

std::string text(bool yes) { return yes ? "yes" : "no"; }

std::string text(std::uint64_t descriptor) {
    return hex(static_cast<Word>(descriptor >> 32)) + hex(static_cast<Word>(descriptor));
}

/// Words that are not 0, with their offsets.
std::string text(const std::array<std::uint8_t, 512>& bytes) {
    std::string all;
    for (std::size_t at = 0; at < bytes.size(); at += 4) {
        const Word word =
            bytes[at] | Word{bytes[at + 1]} << 8 | Word{bytes[at + 2]} << 16 | Word{bytes[at + 3]} << 24;
        if (word != 0) {
            all.append("+").append(std::to_string(at)).append("=").append(hex(word)).append(" ");
        }
    }
    return all;
}

std::string text(const MappingView& m) {
    std::string all = "-> " + hex(m.phys) + (m.super ? " 4M " : " 4K ") + (m.fanout ? "fan-out " : "");
    if (!m.split) {
        all += text(m.bits);
    }
    for (const PartRun& run : m.parts) {
        all += std::to_string(run.first) + "+" + std::to_string(run.count) + "=" + text(run.bits) + " ";
    }
    return all + " of " +
           (m.parent_task == 0 ? "kernel" : std::to_string(m.parent_task) + ":" + hex(m.parent_va));
}

std::string text(const AccountView& a) {
    return std::to_string(a.used) + "/" + std::to_string(a.limit) + " frames, " + std::to_string(a.threads) +
           " threads in " + std::to_string(a.thread_frames) + ", " + std::to_string(a.nodes) + " nodes in " +
           std::to_string(a.node_frames);
}

Fields fields(const ThreadView& t) {
    const Registers& r = t.registers;
    return {
        {"state", to_string(t.state)},
        {"partner", hex(t.partner)},
        {"fault", text(t.fault)},
        {"role", text(t.role)},
        {"peer", to_string(t.peer)},
        {"deadline", text(t.deadline)},
        {"eax", hex(r.eax)},
        {"ebx", hex(r.ebx)},
        {"ecx", hex(r.ecx)},
        {"edx", hex(r.edx)},
        {"esi", hex(r.esi)},
        {"edi", hex(r.edi)},
        {"ebp", hex(r.ebp)},
        {"esp", hex(r.esp)},
        {"eip", hex(r.eip)},
        {"eflags", hex(r.eflags)},
        {"gs", hex(r.gs)},
        {"fs", hex(r.fs)},
        {"trapno", hex(t.trapno)},
        {"err", hex(t.err)},
        {"pfa", hex(t.pfa)},
        {"alien", text(t.alien)},
        {"dealien", text(t.dealien)},
        {"reflection", hex(t.reflection)},
        {"after call", hex(t.after_call)},
        {"triggered", text(t.triggered)},
        {"time fault", text(t.time_fault)},
        {"stop", text(t.stop)},
        {"time limit", text(t.time_limit)},
        {"tls", text(t.tls[0]) + " " + text(t.tls[1]) + " " + text(t.tls[2])},
        {"idt", hex(t.idt_base) + ":" + hex(t.idt_limit)},
        {"fpu", text(t.fpu)},
        {"prio", std::to_string(t.prio)},
        {"mcp", std::to_string(t.mcp)},
        {"slice", std::to_string(t.slice)},
        {"remaining", std::to_string(t.remaining)},
        {"consumed", std::to_string(t.consumed)},
        {"pager", text(t.pager)},
        {"internal preempter", text(t.internal_preempter)},
        {"external preempter", text(t.external_preempter)},
        {"senders", text(t.senders)},
    };
}

Fields fields(const TaskView& t) {
    std::string ports;
    for (const auto& [first, last] : t.ports) {
        ports.append(hex(first).substr(4)).append("-").append(hex(last).substr(4)).append(" ");
    }
    Fields all = {
        {"chief", std::to_string(t.chief)},
        {"nest", std::to_string(t.nest)},
        {"account of", std::to_string(t.account_of)},
        {"account", text(t.account)},
        {"present", text(t.present)},
        {"ports", ports + "of " + std::to_string(t.port_giver)},
    };
    for (const MappingView& m : t.mappings) {
        all.push_back({"page " + hex(m.va), text(m)});
    }
    return all;
}

Fields fields(const IrqView& irq) {
    return {{"owner", to_string(irq.owner)}, {"pending", text(irq.pending)}, {"masked", text(irq.masked)}};
}

/// Everything, the most telling first.
Fields fields(const Observation& o) {
    Fields all = {{"current", o.current ? to_string(*o.current) : "idle"}};
    const auto add = [&all](const std::string& what, const Fields& more) {
        all.push_back({what, "exists"});
        for (const auto& [name, value] : more) {
            all.push_back({what + " " + name, value});
        }
    };
    for (const auto& [name, t] : o.threads) {
        add("thread " + to_string(name), fields(t));
    }
    for (const auto& [prio, queue] : o.ready) {
        all.push_back({"ready at " + std::to_string(prio), text(queue)});
    }
    if (o.donation) {
        all.push_back({"donation", to_string(o.donation->first) + " to " + to_string(o.donation->second)});
    }
    for (const auto& [line, irq] : o.irqs) {
        add("irq " + std::to_string(line), fields(irq));
    }
    for (const auto& [number, task] : o.tasks) {
        add("task " + std::to_string(number), fields(task));
    }
    for (const auto& [number, chief] : o.chiefs) {
        all.push_back({"chief of inactive " + std::to_string(number), std::to_string(chief)});
    }
    all.push_back({"timer", text(o.timer)});
    return all;
}

} // namespace

std::string to_string(ThreadName name) {
    return name.is_none() ? "nobody" : std::to_string(name.task) + "." + std::to_string(name.lthread);
}

std::string to_string(ThreadState state) {
    switch (state) {
        case ThreadState::dead: return "dead";
        case ThreadState::ready: return "ready";
        case ThreadState::in_kernel: return "in_kernel";
        case ThreadState::send: return "send";
        case ThreadState::receive_closed: return "receive_closed";
        case ThreadState::receive_open: return "receive_open";
        case ThreadState::sleep: return "sleep";
        case ThreadState::irq: return "irq";
        case ThreadState::driver: return "driver";
        case ThreadState::partner: return "partner";
        case ThreadState::fault_send: return "fault_send";
        case ThreadState::fault_receive: return "fault_receive";
        case ThreadState::fault_partner: return "fault_partner";
        case ThreadState::stopped: return "stopped";
    }
    return "?";
}

void MappingView::add_part(std::uint16_t index, PageBits part) {
    if (!parts.empty() && parts.back().bits == part) {
        ++parts.back().count;
    } else {
        parts.push_back({index, 1, part});
    }
}

std::string to_string(const Observation& o) {
    std::string all;
    for (const auto& [name, value] : fields(o)) {
        all.append(name).append(": ").append(value).append("\n");
    }
    return all;
}

std::string diff(const Observation& a, const Observation& b, int max_lines) {
    if (a == b) {
        return {};
    }
    const Fields left = fields(a), right = fields(b);
    const auto value_in = [](const Fields& where, const std::string& name) {
        const auto found =
            std::find_if(where.begin(), where.end(), [&](const auto& f) { return f.first == name; });
        return found == where.end() ? std::string("-") : found->second;
    };
    std::string all;
    const auto compare = [&](const Fields& names, bool missing_only) {
        for (const auto& [name, value] : names) {
            const std::string l = value_in(left, name), r = value_in(right, name);
            if (l != r && (!missing_only || l == "-") && max_lines-- > 0) {
                all.append(name).append(": ").append(l).append(" <> ").append(r).append("\n");
            }
        }
    };
    compare(left, false);
    compare(right, true);
    return all.empty() ? "different, in a way that has no text\n" : all;
}

} // namespace spec
