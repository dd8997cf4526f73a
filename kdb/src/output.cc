// SPDX-License-Identifier: BSD-2-Clause
#include "kdb/output.h"

namespace kdb {

Output& Output::operator<<(char c) {
    put_(to_, c);
    column_ = c == '\n' ? 0 : column_ + 1;
    return *this;
}

Output& Output::operator<<(const char* text) {
    while (*text) *this << *text++;
    return *this;
}

Output& Output::operator<<(Hex number) {
    unsigned digits = number.digits;
    while (digits < 8 && number.value >> 4 * digits != 0) ++digits;
    while (digits-- != 0) *this << "0123456789abcdef"[number.value >> 4 * digits & 15];
    return *this;
}

Output& Output::operator<<(Dec number) {
    char digits[20];
    unsigned count = 0;
    do digits[count++] = static_cast<char>('0' + number.value % 10);
    while ((number.value /= 10) != 0);
    while (count != 0) *this << digits[--count];
    return *this;
}

Output& Output::operator<<(Column column) {
    do *this << ' ';
    while (column_ < column.at);
    return *this;
}

Output& Output::operator<<(kern::ThreadId id) {
    return *this << Dec{id.task.raw()} << '.' << Dec{id.lthread};
}

Output& Output::operator<<(l4_threadid_t id) {
    if (kern::is_nil(id)) return *this << "nil";
    if (kern::is_invalid(id)) return *this << '-';
    if (kern::is_irq(id)) return *this << "irq " << Hex{kern::irq_line(id).raw()};
    return *this << kern::ThreadId::of(id);
}

Output& Output::operator<<(kern::Micros point) {
    if (point == kern::never) return *this << '-';
    return *this << Dec{point.raw()};
}

} // namespace kdb
