// SPDX-License-Identifier: BSD-2-Clause
#pragma once
#include <coroutine>
#include <utility>

#include "sim/fiber.h"

namespace sim {

/// A user program: a coroutine that suspends at every instruction the machine has to execute (see User).
/// A capturing lambda must outlive the coroutine that it makes; World::program() keeps the lambda.
class Program {
public:
    struct promise_type : Activation {
        Program get_return_object() {
            self = std::coroutine_handle<promise_type>::from_promise(*this);
            return Program(this);
        }
        struct Final {
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
                h.promise().fiber->finished();
            }
            void await_resume() const noexcept {}
        };
        Final final_suspend() noexcept { return {}; }
        void return_void() {}
    };
    Activation& activation() const { return *activation_; }

private:
    explicit Program(Activation* a) : activation_(a) {}
    Activation* activation_; ///< owned by the Fiber that runs it
};

/// A part of a program, with a result: co_await it in a Program or another Routine.  It must be awaited
/// exactly once (it is the awaiting fiber that frees it).  Trivially destructible on purpose: compilers
/// disagree on when a temporary in a co_await expression ends.
template <class T>
class [[nodiscard]] Routine {
public:
    struct promise_type : Activation {
        T value{};
        Routine get_return_object() {
            self = std::coroutine_handle<promise_type>::from_promise(*this);
            return Routine(this);
        }
        struct Final {
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
                h.promise().fiber->leave(h.promise());
            }
            void await_resume() const noexcept {}
        };
        Final final_suspend() noexcept { return {}; }
        void return_value(T v) { value = std::move(v); }
    };

    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> caller) noexcept {
        caller.promise().fiber->enter(*promise_, caller.promise());
    }
    T await_resume() {
        T result = std::move(promise_->value);
        promise_->self.destroy();
        return result;
    }

private:
    explicit Routine(promise_type* p) : promise_(p) {}
    promise_type* promise_;
};

} // namespace sim
