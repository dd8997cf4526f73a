/* SPDX-License-Identifier: BSD-2-Clause */
/* The log server, the boot module "log": a string is text, from any task. The answer has no meaning. */
#pragma once

#define L4_LOG_TEXT      0x4c000001u /**< w0 */
#define L4_LOG_PIECE_MAX 256u        /**< bytes of a string; more is cut */
