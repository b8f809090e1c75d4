/* Has open(2) hang, as it does on a network file system whose server is away: the test is
 * linked with --wrap=open64, which is what open() is with files of 64 bits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* From now on, opening a path that ends in @suffix does not come back. */
void hanging_open_begin(const char *suffix);
/* It comes back, with what the kernel says. */
void hanging_open_end(void);
/* How many threads hang now. */
guint hanging_open_count(void);
