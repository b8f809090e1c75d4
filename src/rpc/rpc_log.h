/* Log domain of this room. Lines about a client carry its id, process and user
 * as fields (see rpc_client.c).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#define G_LOG_DOMAIN "virtxl-rpc"

#include <glib.h>
