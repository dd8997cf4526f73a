#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Init of the ISO: a shell. When it ends, so does the machine.
export PATH=/bin HOME=/root TERM=vt100 SHELL=/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
ifconfig lo up
dmesg -n 4
echo "$(uname -sr) on drops. \`exit\` switches the machine off."
cd /root || exit
# A session of its own, so that Ctrl-C reaches what runs in the shell.
setsid cttyhack sh
poweroff -f
