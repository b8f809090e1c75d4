/* Failures and delays on demand, by the name of the call.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct SimFaults SimFaults;

SimFaults *sim_faults_new(void);
void sim_faults_free(SimFaults *faults);

/* The @k-th call (from 1) of @call, or of whatever name if NULL, from now on
 * fails, once, with @message or a message of our own if NULL. Several wait
 * side by side, each with its own count. */
void sim_faults_fail(SimFaults *faults, const char *call, guint64 k, const char *message);

/* From now on each call of @call takes @ms milliseconds longer; 0 ends it. */
void sim_faults_delay(SimFaults *faults, const char *call, guint ms);

/* Forgets everything. */
void sim_faults_reset(SimFaults *faults);

/* Counts a call; returns false, with VIR_ERR_INTERNAL_ERROR, if it is to fail.
 * @any: it counts, too, where the name does not matter. */
bool sim_faults_check(SimFaults *faults, const char *call, bool any, GError **error);
guint sim_faults_get_delay(const SimFaults *faults, const char *call);
