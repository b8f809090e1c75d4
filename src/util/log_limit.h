/* How often something that others can make happen as often as they like is logged: the
 * first LOG_LIMIT_BURST times, and then once every LOG_LIMIT_REST_S seconds, with how many
 * lines were left out.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#include "util/rate_limit.h"

#define LOG_LIMIT_BURST  20
#define LOG_LIMIT_REST_S 10

/* Zeroed at first. */
typedef struct {
    RateLimit rate;
    guint left_out;
} LogLimit;

/* Logs, unless that was too often. */
void log_limited(LogLimit *limit, GLogLevelFlags level, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
