/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/log_limit.h"

#define COST_US   (LOG_LIMIT_REST_S * G_USEC_PER_SEC)
#define CREDIT_US (LOG_LIMIT_BURST * COST_US)

static bool
may_log(LogLimit *limit)
{
    gint64 now = g_get_monotonic_time();

    limit->paid_us = MAX(limit->paid_us, now);
    if (limit->paid_us - now > CREDIT_US - COST_US) {
        limit->left_out++;
        return false;
    }
    limit->paid_us += COST_US;
    return true;
}

void
log_limited(LogLimit *limit, GLogLevelFlags level, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if (!may_log(limit))
        return;
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    if (limit->left_out > 0)
        g_log_structured(G_LOG_DOMAIN, level, "MESSAGE", "%s (%u lines like this were left out)",
                         text, limit->left_out);
    else
        g_log_structured(G_LOG_DOMAIN, level, "MESSAGE", "%s", text);
    limit->left_out = 0;
}
