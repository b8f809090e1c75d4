/* How often something may happen that others can cause as often as they like: so many
 * times at once, and then one each so many microseconds. Each is paid for in time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    guint burst;
    gint64 cost_us;
} RateLimitTerms;

/* Zeroed at first. */
typedef struct {
    gint64 paid_us; /* monotonic: what happens until then is paid for */
} RateLimit;

/* May it happen once more now? */
bool rate_limit_allows(const RateLimit *limit, const RateLimitTerms *terms);
/* It happens, allowed or not. */
void rate_limit_pay(RateLimit *limit, const RateLimitTerms *terms);
/* When, on the monotonic clock, half of the burst is allowed again. */
gint64 rate_limit_get_rested_us(const RateLimit *limit, const RateLimitTerms *terms);
