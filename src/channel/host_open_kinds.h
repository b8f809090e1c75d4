/* The kinds of host_open.h, one function each. All block. If one fails, what it has put in
 * *@file is closed by the caller.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/host_open.h"

/* --- host_open_file.c ------------------------------------------------------------ */

bool host_open_file(const HostOpenRequest *request, HostFile *file, GError **error);

/* --- host_open_node.c ------------------------------------------------------------ */

bool host_open_pipe(const HostOpenRequest *request, HostFile *file, GError **error);
bool host_open_device(const HostOpenRequest *request, HostFile *file, GError **error);
