// SPDX-License-Identifier: BSD-2-Clause
// A program that is started and ends.
int main(void) { return 0; }
