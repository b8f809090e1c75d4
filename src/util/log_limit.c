/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/log_limit.h"

static const RateLimitTerms terms = {LOG_LIMIT_BURST, LOG_LIMIT_REST_S *G_USEC_PER_SEC};

void
log_limited(LogLimit *limit, GLogLevelFlags level, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if (!rate_limit_allows(&limit->rate, &terms)) {
        limit->left_out++;
        return;
    }
    rate_limit_pay(&limit->rate, &terms);
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
