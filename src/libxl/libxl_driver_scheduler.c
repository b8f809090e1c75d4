/* A domain's share of the physical CPUs. See libxl_driver_tune.h.
 *
 * Xen's schedulers credit and credit2 have a weight and a cap. The weight is kept in the
 * definition, as <cputune><shares>; there is no place in it for a cap.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "libxl/libxl_change.h"
#include "libxl/libxl_driver_tune.h"
#include "libxl/libxl_params.h"
#include "util/error.h"
#include "util/i18n.h"

#define WEIGHT VIR_DOMAIN_SCHEDULER_WEIGHT
#define CAP    VIR_DOMAIN_SCHEDULER_CAP

/* What Xen gives a domain of which nobody said anything. */
#define WEIGHT_DEFAULT 256

/* --- getting ------------------------------------------------------------------------- */

static bool
get_live(LibxlDriver *driver, const guint8 *uuid, XenScheduler *scheduler, GError **error)
{
    int id = libxl_driver_find_running(driver, uuid, error);

    return id >= 0 && driver->host->ops->get_scheduler(driver->host, (guint32)id, scheduler, error);
}

char *
libxl_driver_domain_get_scheduler_type(LibxlDriver *driver, const guint8 *uuid, int *n_params,
                                       GError **error)
{
    g_autoptr(LibxlDomain) domain = libxl_driver_find(driver, uuid, error);
    XenScheduler scheduler = {0};
    int id;

    if (!domain)
        return NULL;
    /* All domains have the same one. */
    id = libxl_domain_get_id(domain);
    if (!driver->host->ops->get_scheduler(driver->host, id < 0 ? 0 : (guint32)id, &scheduler,
                                          error))
        return NULL;
    *n_params = scheduler.has_weight ? 2 : 0;
    return g_strdup(scheduler.name);
}

static bool
get_config(LibxlDriver *driver, const guint8 *uuid, guint flags, XenScheduler *scheduler,
           bool *is_live, GError **error)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(driver, uuid, error);
    const DomainDef *def;

    if (!domain)
        return false;
    def = libxl_driver_choose_definition(domain, flags, error);
    if (def) {
        *is_live = def == domain->live;
        *scheduler = (XenScheduler){.has_weight = true, .weight = WEIGHT_DEFAULT};
        if (def->cputune.has_shares)
            scheduler->weight = def->cputune.shares;
    }
    libxl_driver_unlock_domain(domain);
    return def != NULL;
}

GArray *
libxl_driver_domain_get_scheduler_parameters(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                             GError **error)
{
    const guint known =
        VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG | VIR_TYPED_PARAM_STRING_OKAY;
    XenScheduler scheduler = {0};
    bool is_live = false;
    GArray *params;

    if (!libxl_driver_check_flags(flags, known, "virDomainGetSchedulerParametersFlags", error) ||
        !get_config(driver, uuid, flags & ~(guint)VIR_TYPED_PARAM_STRING_OKAY, &scheduler, &is_live,
                    error) ||
        (is_live && !get_live(driver, uuid, &scheduler, error)))
        return NULL;
    params = libxl_params_new();
    if (scheduler.has_weight) {
        libxl_params_add_uint(params, scheduler.weight, WEIGHT);
        if (is_live)
            libxl_params_add_uint(params, scheduler.cap, CAP);
    }
    return params;
}

/* --- setting ------------------------------------------------------------------------- */

typedef struct {
    bool has_weight;
    bool has_cap;
    guint weight;
    guint cap;
} Wish;

static bool
read_number(const virTypedParameter *param, guint min, guint max, guint *number, GError **error)
{
    if (param->type != VIR_TYPED_PARAM_UINT)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("the scheduler's parameter '%s' is an unsigned int"),
                                param->field);
    if (param->value.ui < min || param->value.ui > max)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("the scheduler's parameter '%s' is %u to %u, not %u"),
                                param->field, min, max, param->value.ui);
    *number = param->value.ui;
    return true;
}

static bool
read_param(const virTypedParameter *param, Wish *wish, GError **error)
{
    if (strcmp(param->field, WEIGHT) == 0) {
        wish->has_weight = true;
        return read_number(param, 1, XEN_SCHEDULER_WEIGHT_MAX, &wish->weight, error);
    }
    if (strcmp(param->field, CAP) == 0) {
        wish->has_cap = true;
        return read_number(param, 0, XEN_SCHEDULER_CAP_MAX, &wish->cap, error);
    }
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                            _("the scheduler has no parameter '%s'; it has weight and cap"),
                            param->field);
}

static bool
edit_scheduler(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error)
{
    const Wish *wish = data;

    if (wish->has_cap && def->id < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': a definition has no place for a cap; it can be "
                                  "set while the domain runs"),
                                def->name);
    if (wish->has_weight) {
        def->cputune.has_shares = true;
        def->cputune.shares = wish->weight;
    }
    return true;
}

static bool
act_scheduler(LibxlDriver *driver, const DomainDef *live, gconstpointer data, GError **error)
{
    const Wish *wish = data;
    XenScheduler scheduler;

    if (!driver->host->ops->get_scheduler(driver->host, (guint32)live->id, &scheduler, error))
        return false;
    if (!scheduler.has_weight)
        return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                                _("domain '%s': the scheduler '%s' has no weight and no cap"),
                                live->name, scheduler.name);
    if (wish->has_weight)
        scheduler.weight = wish->weight;
    if (wish->has_cap)
        scheduler.cap = wish->cap;
    return driver->host->ops->set_scheduler(driver->host, (guint32)live->id, &scheduler, error);
}

static void
tell_scheduler(LibxlDriver *driver, LibxlDomain *domain, guint flags, gconstpointer data)
{
    const Wish *wish = data;
    GArray *params;

    if (!(flags & VIR_DOMAIN_AFFECT_LIVE) || !wish->has_weight)
        return;
    params = libxl_params_new();
    libxl_params_add_ullong(params, wish->weight, VIR_DOMAIN_TUNABLE_CPU_CPU_SHARES);
    libxl_driver_emit_event(
        driver, domain, (LibxlDriverEvent){.id = VIR_DOMAIN_EVENT_ID_TUNABLE, .params = params});
}

bool
libxl_driver_domain_set_scheduler_parameters(LibxlDriver *driver, const guint8 *uuid,
                                             const GArray *params, guint flags, GError **error)
{
    static const LibxlChange change = {edit_scheduler, act_scheduler, tell_scheduler};
    Wish wish = {0};

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
                                  "virDomainSetSchedulerParametersFlags", error))
        return false;
    for (guint i = 0; i < params->len; i++) {
        if (!read_param(&g_array_index(params, virTypedParameter, i), &wish, error))
            return false;
    }
    return libxl_change(driver, uuid, flags, &change, &wish, error);
}
