/* What is done when a domain stops, changed. See libxl_driver_tune.h.
 *
 * Whoever follows up on a stop goes by the live definition, so the host has nothing to do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_change.h"
#include "libxl/libxl_driver_tune.h"
#include "util/error.h"
#include "util/i18n.h"

/* The same numbers in both. */
G_STATIC_ASSERT((int)DOMAIN_LIFECYCLE_DESTROY == (int)VIR_DOMAIN_LIFECYCLE_ACTION_DESTROY);
G_STATIC_ASSERT((int)DOMAIN_LIFECYCLE_COREDUMP_RESTART ==
                (int)VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART);

typedef struct {
    guint type;
    DomainLifecycleAction action;
} Wish;

static bool
edit_action(LibxlDriver *driver, DomainDef *def, gconstpointer data, GError **error)
{
    const Wish *wish = data;
    DomainLifecycleAction *slots[] = {
        [VIR_DOMAIN_LIFECYCLE_POWEROFF] = &def->on_poweroff,
        [VIR_DOMAIN_LIFECYCLE_REBOOT] = &def->on_reboot,
        [VIR_DOMAIN_LIFECYCLE_CRASH] = &def->on_crash,
    };

    *slots[wish->type] = wish->action;
    return true;
}

static const LibxlChange change = {.edit = edit_action};

bool
libxl_driver_domain_set_lifecycle_action(LibxlDriver *driver, const guint8 *uuid, guint type,
                                         guint action, guint flags, GError **error)
{
    const Wish wish = {.type = type, .action = (DomainLifecycleAction)action};
    const bool dumps = action == VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_DESTROY ||
                       action == VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_AFFECT_LIVE | VIR_DOMAIN_AFFECT_CONFIG,
                                  "virDomainSetLifecycleAction", error))
        return false;
    if (type > VIR_DOMAIN_LIFECYCLE_CRASH ||
        action > VIR_DOMAIN_LIFECYCLE_ACTION_COREDUMP_RESTART ||
        (dumps && type != VIR_DOMAIN_LIFECYCLE_CRASH))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("there is no lifecycle action %u for event %u"), action, type);
    return libxl_change(driver, uuid, flags, &change, &wish, error);
}
