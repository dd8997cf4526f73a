// SPDX-License-Identifier: BSD-2-Clause
#include "l4env/roottask/src/tasks.h"

#include <cstring>

namespace l4env::root {

const Task::Mapped* Task::range_of(std::uint32_t address) const {
    for (const Mapped& r : std::span(ranges, range_count))
        if (address >= r.first && address < r.end) return &r;
    return nullptr;
}

Task* Tasks::create(Text name, const Options& options) {
    Task* const task = find(std::uint16_t{0});
    if (task == nullptr) return nullptr;
    const std::uint16_t number = take_number(nobody);
    if (number == 0) return nullptr;
    owners_[number] = number;
    *task = {};
    task->number = number;
    const Text kept = name.first(L4_ROOT_NAME_MAX);
    std::memcpy(task->name, kept.at, kept.size);
    task->options = options;
    return task;
}

void Tasks::remove(Task& task) {
    free_numbers_of(task.number);
    task = {};
}

Task* Tasks::find(std::uint16_t number) {
    for (Task& t : tasks_)
        if (t.number == number) return &t;
    return nullptr;
}

Task* Tasks::find(Text name) {
    for (Task& t : tasks_)
        if (t.number != 0 && Text(t.name) == name) return &t;
    return nullptr;
}

std::uint16_t Tasks::take_number(std::uint16_t owner) {
    for (std::uint16_t n = L4_TASK_FIRST_USER; n < L4_TASKS; ++n) {
        if (owners_[n] != nobody) continue;
        owners_[n] = owner;
        return n;
    }
    return 0;
}

void Tasks::free_numbers_of(std::uint16_t owner) {
    for (std::uint16_t& o : owners_)
        if (o == owner) o = nobody;
}

} // namespace l4env::root
