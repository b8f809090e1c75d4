/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/faults.h"

#include "util/error.h"
#include "util/i18n.h"

typedef struct {
    char *call; /* NULL: any */
    guint64 remaining;
    char *message; /* NULL: our own */
} Fault;

struct SimFaults {
    GList *faults;      /* of Fault, in the order they were asked for */
    GHashTable *delays; /* call -> milliseconds */
};

static void
fault_free(Fault *fault)
{
    g_free(fault->call);
    g_free(fault->message);
    g_free(fault);
}

SimFaults *
sim_faults_new(void)
{
    SimFaults *faults = g_new0(SimFaults, 1);

    faults->delays = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return faults;
}

void
sim_faults_free(SimFaults *faults)
{
    if (!faults)
        return;
    sim_faults_reset(faults);
    g_hash_table_unref(faults->delays);
    g_free(faults);
}

void
sim_faults_fail(SimFaults *faults, const char *call, guint64 k, const char *message)
{
    Fault *fault = g_new0(Fault, 1);

    fault->call = g_strdup(call);
    fault->remaining = k;
    fault->message = g_strdup(message);
    faults->faults = g_list_append(faults->faults, fault);
}

void
sim_faults_delay(SimFaults *faults, const char *call, guint ms)
{
    if (ms)
        g_hash_table_insert(faults->delays, g_strdup(call), GUINT_TO_POINTER(ms));
    else
        g_hash_table_remove(faults->delays, call);
}

void
sim_faults_reset(SimFaults *faults)
{
    g_list_free_full(g_steal_pointer(&faults->faults), (GDestroyNotify)fault_free);
    g_hash_table_remove_all(faults->delays);
}

/* Counts the call for each fault; returns the first that is due, taken out. */
static Fault *
take_due(SimFaults *faults, const char *call, bool any)
{
    GList *due = NULL;
    Fault *fault;

    for (GList *at = faults->faults; at; at = at->next) {
        fault = at->data;
        if (fault->call ? !g_str_equal(fault->call, call) : !any)
            continue;
        if (fault->remaining > 1)
            fault->remaining--;
        else if (!due)
            due = at;
    }
    if (!due)
        return NULL;
    fault = due->data;
    faults->faults = g_list_delete_link(faults->faults, due);
    return fault;
}

bool
sim_faults_check(SimFaults *faults, const char *call, bool any, GError **error)
{
    Fault *fault = take_due(faults, call, any);

    if (!fault)
        return true;
    if (fault->message)
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, "%s", fault->message);
    else
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("call '%s' fails, as it was told to"),
                         call);
    fault_free(fault);
    return false;
}

guint
sim_faults_get_delay(const SimFaults *faults, const char *call)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(faults->delays, call));
}
