/* What devices and ptys share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>

/* Sets a terminal so that it changes no byte: raw. False (and errno) if it can't be. */
bool terminal_make_raw(int fd);
