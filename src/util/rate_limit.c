/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/rate_limit.h"

bool
rate_limit_allows(const RateLimit *limit, const RateLimitTerms *terms)
{
    return limit->paid_us - g_get_monotonic_time() <= (terms->burst - 1) * terms->cost_us;
}

void
rate_limit_pay(RateLimit *limit, const RateLimitTerms *terms)
{
    limit->paid_us = MAX(limit->paid_us, g_get_monotonic_time()) + terms->cost_us;
}

gint64
rate_limit_get_rested_us(const RateLimit *limit, const RateLimitTerms *terms)
{
    return limit->paid_us - terms->burst / 2 * terms->cost_us;
}
