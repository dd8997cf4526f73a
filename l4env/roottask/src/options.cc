// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/options.h"

namespace l4env::root {
namespace {

constexpr std::uint32_t page_mask = (1u << L4_PAGE_SHIFT) - 1;

/// A number up to `most` into `value`.
Complaint number(Text text, std::uint32_t most, std::uint32_t& value) {
    std::uint32_t n = 0;
    if (!read_number(text, n)) return {"is no number below 4096M"};
    if (n > most) return {.what = "is too large", .most = most};
    value = n;
    return {};
}

/// Bytes, up to whole pages.
Complaint size(Text text, std::uint32_t& value) {
    if (const Complaint why = number(text, 0xc0000000, value)) return why;
    value = (value + page_mask) & ~page_mask;
    return {};
}

/// n or first-last.
Complaint span(Text text, std::uint32_t most, Spans& spans) {
    const std::size_t dash = text.find('-');
    Span s;
    if (const Complaint why = number(text.first(dash), most, s.first)) return why;
    s.last = s.first;
    if (dash < text.size)
        if (const Complaint why = number(text.without(dash + 1), most, s.last)) return why;
    if (s.last < s.first) return {"ends before it begins"};
    if (!spans.add(s)) return {"is one too many"};
    return {};
}

Complaint line(Text text, std::uint32_t& lines) {
    std::uint32_t n = 0;
    if (const Complaint why = number(text, 15, n)) return why;
    lines |= 1u << n;
    return {};
}

/// All or a part of physical memory, in whole pages.
Complaint physical(Text text, Spans& spans) {
    if (const Complaint why = span(text, L4_USER_TOP - 1, spans)) return why;
    Span& s = spans.all[spans.count - 1];
    s.first &= ~page_mask;
    s.last |= page_mask;
    return {};
}

Complaint name(Text text, Text& value) {
    if (text.empty()) return {"is no name"};
    value = text;
    return {};
}

Complaint option(Text key, Text value, Options& o) {
    if (key == Text("memory")) return size(value, o.memory);
    if (key == Text("kmem")) return number(value, 0x1fffff, o.kmem);
    if (key == Text("stack")) return size(value, o.stack);
    if (key == Text("tasks")) return number(value, L4_TASKS - L4_TASK_FIRST_USER, o.tasks);
    if (key == Text("prio")) return number(value, L4_PRIOS - 1, o.prio);
    if (key == Text("mcp")) return number(value, L4_PRIOS - 1, o.mcp);
    if (key == Text("irq")) return line(value, o.irqs);
    if (key == Text("ports")) return span(value, 0xffff, o.ports);
    if (key == Text("physical")) return physical(value, o.physical);
    if (key == Text("data")) return name(value, o.data);
    return {"is no option"};
}

/// True: it was one of the words without a value.
bool flag(Text word, Options& o) {
    if (word == Text("service")) return o.service = true;
    if (word == Text("control")) return o.control = true;
    return false;
}

} // namespace

Complaint read_options(Text words, Options& options) {
    for (Text word = take_word(words); !word.empty(); word = take_word(words)) {
        if (flag(word, options)) continue;
        const std::size_t equals = word.find('=');
        if (Complaint why = option(word.first(equals), word.without(equals + 1), options)) {
            why.word = word;
            return why;
        }
    }
    return {};
}

CommandLine read_command_line(Text line) {
    CommandLine c;
    c.name = take_word(line);
    for (std::size_t slash = c.name.find('/'); slash < c.name.size; slash = c.name.find('/'))
        c.name = c.name.without(slash + 1);
    if (c.name.ends_with(".elf")) c.name = c.name.first(c.name.size - 4);
    c.arguments = line;
    Text rest = line;
    for (Text word = take_word(rest); !word.empty(); word = take_word(rest)) {
        if (!(word == Text("--"))) continue;
        c.options = line.first(static_cast<std::size_t>(word.at - line.at));
        c.arguments = rest;
        break;
    }
    return c;
}

bool take_line(Text& text, ConfigurationLine& line) {
    line.whose = line.options = {};
    while (line.whose.empty() && !text.empty()) {
        ++line.number;
        line.options = take_line(text);
        line.options = line.options.first(line.options.find('#'));
        line.whose = take_word(line.options);
    }
    return !line.whose.empty();
}

Complaint check_configuration(Text text) {
    if (!is_text(text)) return {"is no text"};
    ConfigurationLine line;
    while (take_line(text, line)) {
        Text options = line.options;
        if (take_word(options).empty())
            return {.what = "has no options behind it", .word = line.whose, .line = line.number};
    }
    return {};
}

Complaint read_configuration(Text text, Text name, Options& options) {
    ConfigurationLine line;
    while (take_line(text, line)) {
        if (!(line.whose == name) && !(line.whose == Text("*"))) continue;
        if (Complaint why = read_options(line.options, options)) {
            why.line = line.number;
            return why;
        }
    }
    return {};
}

} // namespace l4env::root
