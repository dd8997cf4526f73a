// SPDX-License-Identifier: GPL-2.0-only
// The date, from the machine's real-time clock, if the root task gives its ports; 1970 without them.
#include <asm/l4.h>
#include <linux/init.h>
#include <linux/mc146818rtc.h>
#include <linux/rtc.h>
#include <linux/timekeeping.h>

#include "l4/sys/io.h"

DEFINE_SPINLOCK(rtc_lock);
volatile unsigned long cmos_lock;

unsigned char rtc_cmos_read(unsigned char at) {
    l4_out8(RTC_PORT(0), at);
    return l4_in8(RTC_PORT(1));
}

void rtc_cmos_write(unsigned char value, unsigned char at) {
    l4_out8(RTC_PORT(0), at);
    l4_out8(RTC_PORT(1), value);
}

enum { patience = 1000 }; /* ms, as for a PC's Linux */

void read_persistent_clock64(struct timespec64* now) {
    struct rtc_time date;
    *now = (struct timespec64){0};
    if (!l4_take_ports(RTC_PORT(0), 2)) return;
    if (mc146818_get_time(&date, patience) == 0 && rtc_valid_tm(&date) == 0)
        now->tv_sec = rtc_tm_to_time64(&date);
}
