// SPDX-License-Identifier: BSD-2-Clause
// What tasks ask the root task for.
#include "l4/roottask/protocol.h"
#include "l4/sys/task.h"
#include "l4env/roottask/src/root.h"

namespace l4env::root {

void Root::serve(ServiceCall& call) {
    call.value = 0;
    if (call.request == L4_ROOT_FIND) {
        const Task* const found = tasks_.find(call.text);
        call.status = found != nullptr ? L4_ROOT_OK : L4_ROOT_ENONE;
        call.value = found != nullptr ? found->number : 0;
        return;
    }
    if (call.request == L4_ROOT_PING) {
        call.status = L4_ROOT_OK;
        call.value = ~call.argument;
        return;
    }
    Task* const task = tasks_.find(static_cast<std::uint16_t>(l4_id_task(call.client)));
    call.status = task == nullptr ? L4_ROOT_EPERM : serve_task(*task, call);
}

l4_word_t Root::serve_task(Task& task, ServiceCall& call) {
    switch (call.request) {
        case L4_ROOT_EXIT: call.none = true; return end(task, call.argument), L4_ROOT_OK;
        case L4_ROOT_TASK_ALLOC: return give_number(task, call.value);
        case L4_ROOT_TASK_FREE: return take_number(task, call.argument);
        case L4_ROOT_IRQ_ALLOC: return give_irq(task, call.argument);
        case L4_ROOT_IRQ_FREE: return take_irq(task, call.argument);
        case L4_ROOT_MEMORY: call.value = task.left(); return L4_ROOT_OK;
        case L4_ROOT_KILL: call.none = call.argument == task.number; return kill(task, call.argument);
        case L4_ROOT_DATA: call.value = task.data; return task.data != 0 ? L4_ROOT_OK : L4_ROOT_ENONE;
        default: return L4_ROOT_EINVAL;
    }
}

l4_word_t Root::give_number(Task& task, l4_word_t& value) {
    if (task.numbers >= task.options.tasks) return L4_ROOT_ELIMIT;
    const std::uint16_t number = tasks_.take_number(task.number);
    if (number == 0) return L4_ROOT_ENONE;
    if (l4_task_give(number, l4_threadid(task.number, 0)).task.low == L4_NIL_LOW) {
        tasks_.free_number(number);
        return L4_ROOT_ENONE;
    }
    ++task.numbers;
    value = number;
    return L4_ROOT_OK;
}

/// The kernel knows whether the number has really been given back.
l4_word_t Root::take_number(Task& task, l4_word_t number) {
    if (number == task.number || tasks_.owner(number) != task.number) return L4_ROOT_EPERM;
    if (l4_task_kill(number, l4_root_pager()).task.low == L4_NIL_LOW) return L4_ROOT_EPERM;
    tasks_.free_number(static_cast<std::uint16_t>(number));
    --task.numbers;
    return L4_ROOT_OK;
}

l4_word_t Root::give_irq(Task& task, l4_word_t line) {
    if (line >= Irqs::lines || (task.options.irqs >> line & 1) == 0) return L4_ROOT_EPERM;
    if (!irqs_.let_go(line)) return L4_ROOT_ENONE;
    task.irqs |= 1u << line;
    return L4_ROOT_OK;
}

l4_word_t Root::take_irq(Task& task, l4_word_t line) {
    if (line >= Irqs::lines || (task.irqs >> line & 1) == 0) return L4_ROOT_EPERM;
    if (!irqs_.hold(line)) return L4_ROOT_EPERM; // the task is still attached
    task.irqs &= ~(1u << line);
    return L4_ROOT_OK;
}

l4_word_t Root::kill(Task& task, l4_word_t number) {
    if (!task.options.control && number != task.number) return L4_ROOT_EPERM;
    Task* const victim =
        number != 0 && number < L4_TASKS ? tasks_.find(static_cast<std::uint16_t>(number)) : nullptr;
    if (victim == nullptr) return L4_ROOT_ENONE;
    end(*victim, 0xff);
    return L4_ROOT_OK;
}

} // namespace l4env::root
