/* The terminal of a channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

/* Opens the terminal at @path and sets it raw: bytes pass as they are and nothing is
 * echoed. It does not become the controlling terminal. Returns the descriptor, or -1 with errno set.
 *
 * What had come before the open is read by the kernel while the terminal is still as it
 * was born, cooked and echoing: a program gets it nevertheless, byte for byte but for
 * characters that mean something to such a terminal. */
int terminal_open_raw(const char *path);

/* Waits until the terminal is hung up, or @signal_fd (a signalfd) has a signal. Returns 1 if it is
 * hung up, 0 for a signal, -1 with errno set. */
int terminal_wait(int fd, int signal_fd);
