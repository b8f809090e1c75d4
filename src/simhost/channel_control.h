/* The command "channel" of --ctl: what a guest does with one channel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "simhost/domain.h"

/* Appends what there is, one a line. */
void sim_channel_control_add_help(GString *text);

/* @words: the channel's name, what to do, and @n_values words for that. Errors:
 * VIR_ERR_INVALID_ARG. */
bool sim_channel_control(SimDomain *domain, const char *const *words, guint n_values,
                         GError **error);
