// SPDX-License-Identifier: GPL-2.0-only
// Leaves a core dump.
void fall(int* at) { *at = 1; }
int main(void) { fall(0); }
