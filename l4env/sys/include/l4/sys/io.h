/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O ports. One that the task does not hold is an I/O fault. */
#pragma once

#include <stdint.h>

static inline uint8_t l4_in8(uint16_t port) {
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void l4_out8(uint16_t port, uint8_t value) {
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}
