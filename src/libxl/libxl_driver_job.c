/* What is under way with a domain. See libxl_driver_stats.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_driver_stats.h"
#include "libxl/libxl_params.h"
#include "util/error.h"
#include "util/i18n.h"

/* What libvirt has of a job that has ended. */
static GArray *
describe_ended(const LibxlEndedJob *job)
{
    GArray *params = libxl_params_new();

    libxl_params_add_int(params, (int)job->operation, VIR_DOMAIN_JOB_OPERATION);
    libxl_params_add_ullong(params, job->elapsed_ms, VIR_DOMAIN_JOB_TIME_ELAPSED);
    libxl_params_add_boolean(params, job->is_ok, VIR_DOMAIN_JOB_SUCCESS);
    return params;
}

void
libxl_driver_note_job(LibxlDriver *driver, LibxlDomain *domain, virDomainJobOperation operation,
                      bool is_ok)
{
    LibxlEndedJob job = {.operation = operation, .is_ok = is_ok};
    LibxlDriverEvent event = {.id = VIR_DOMAIN_EVENT_ID_JOB_COMPLETED};

    g_mutex_lock(&domain->lock);
    job.elapsed_ms = (guint64)(g_get_monotonic_time() - domain->job_since_us) / 1000;
    domain->ended_job = job;
    g_mutex_unlock(&domain->lock);
    event.params = describe_ended(&job);
    libxl_driver_emit_event(driver, domain, event);
}

/* For how long the running domain's job is held, in milliseconds; 0 if it is not. */
static bool
get_job_age(LibxlDriver *driver, const guint8 *uuid, guint64 *age, GError **error)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(driver, uuid, error);
    bool active;

    if (!domain)
        return false;
    active = domain->live != NULL;
    *age = 0;
    if (domain->has_job)
        *age = MAX((guint64)(g_get_monotonic_time() - domain->job_since_us) / 1000, 1);
    libxl_driver_unlock_domain(domain);
    if (!active)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("the domain is not running"));
    return true;
}

bool
libxl_driver_domain_get_job_info(LibxlDriver *driver, const guint8 *uuid, virDomainJobInfo *info,
                                 GError **error)
{
    guint64 age;

    if (!get_job_age(driver, uuid, &age, error))
        return false;
    *info = (virDomainJobInfo){.type = age ? VIR_DOMAIN_JOB_UNBOUNDED : VIR_DOMAIN_JOB_NONE,
                               .timeElapsed = age};
    return true;
}

/* Told once, unless @keep. */
static GArray *
get_ended_job(LibxlDriver *driver, const guint8 *uuid, bool keep, int *type, GError **error)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(driver, uuid, error);
    LibxlEndedJob job;

    if (!domain)
        return NULL;
    job = domain->ended_job;
    if (!keep)
        domain->ended_job = (LibxlEndedJob){0};
    libxl_driver_unlock_domain(domain);
    *type = VIR_DOMAIN_JOB_NONE;
    if (job.operation == VIR_DOMAIN_JOB_OPERATION_UNKNOWN)
        return libxl_params_new();
    *type = job.is_ok ? VIR_DOMAIN_JOB_COMPLETED : VIR_DOMAIN_JOB_FAILED;
    return describe_ended(&job);
}

GArray *
libxl_driver_domain_get_job_stats(LibxlDriver *driver, const guint8 *uuid, guint flags, int *type,
                                  GError **error)
{
    GArray *params;
    guint64 age;

    if (!libxl_driver_check_flags(
            flags, VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED,
            "virDomainGetJobStats", error))
        return NULL;
    if (flags & VIR_DOMAIN_JOB_STATS_COMPLETED)
        return get_ended_job(driver, uuid, flags & VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED, type,
                             error);
    if (!get_job_age(driver, uuid, &age, error))
        return NULL;
    *type = age ? VIR_DOMAIN_JOB_UNBOUNDED : VIR_DOMAIN_JOB_NONE;
    params = libxl_params_new();
    if (age)
        libxl_params_add_ullong(params, age, VIR_DOMAIN_JOB_TIME_ELAPSED);
    return params;
}

/* What Xen does it does to the end. */
bool
libxl_driver_domain_abort_job(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    guint64 age;

    if (!get_job_age(driver, uuid, &age, error))
        return false;
    if (!age)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID,
                                _("no job is active on the domain"));
    return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                            _("the job that is active on the domain can't be aborted"));
}

bool
libxl_driver_domain_get_control_info(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                     virDomainControlInfo *info, GError **error)
{
    guint64 age;

    if (!libxl_driver_check_flags(flags, 0, "virDomainGetControlInfo", error) ||
        !get_job_age(driver, uuid, &age, error))
        return false;
    *info = (virDomainControlInfo){.state = age ? VIR_DOMAIN_CONTROL_JOB : VIR_DOMAIN_CONTROL_OK,
                                   .stateTime = age};
    return true;
}
