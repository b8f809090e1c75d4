/* What a person would do at a guest's keyboard. See libxl_driver.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_keycode.h"
#include "util/error.h"
#include "util/i18n.h"

/* The command of QEMU's monitor that presses the keys together. */
static char *
format_command(guint codeset, guint holdtime, const guint *keycodes, guint n, GError **error)
{
    g_autoptr(GString) command = g_string_new("sendkey ");

    if (n == 0 || n > VIR_DOMAIN_SEND_KEY_MAX_KEYS) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("1 to %d keys are sent at once, not %u"),
                         VIR_DOMAIN_SEND_KEY_MAX_KEYS, n);
        return NULL;
    }
    for (guint i = 0; i < n; i++) {
        guint number;

        if (!libxl_keycode_to_qemu(codeset, keycodes[i], &number, error))
            return NULL;
        g_string_append_printf(command, "%s0x%02x", i > 0 ? "-" : "", number);
    }
    if (holdtime > 0)
        g_string_append_printf(command, " %u", MIN(holdtime, (guint)G_MAXINT));
    return g_string_free(g_steal_pointer(&command), FALSE);
}

bool
libxl_driver_domain_send_key(LibxlDriver *driver, const guint8 *uuid, guint codeset, guint holdtime,
                             const guint *keycodes, guint n, guint flags, GError **error)
{
    g_autofree char *command = NULL;
    LibxlDomain *domain;
    bool ok = false;

    if (!libxl_driver_check_flags(flags, 0, "virDomainSendKey", error) ||
        !(command = format_command(codeset, holdtime, keycodes, n, error)) ||
        !(domain = libxl_driver_begin(driver, uuid, error)))
        return false;
    if (!domain->live)
        virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
                         domain->name);
    else if (domain->live->os.type != DOMAIN_OS_TYPE_HVM)
        virtxl_error_set(
            error, VIR_ERR_OPERATION_UNSUPPORTED,
            _("domain '%s': only an HVM guest has a keyboard that keys can be sent to"),
            domain->name);
    else
        ok = driver->host->ops->tell_qemu(driver->host, (guint32)domain->live->id, command, error);
    libxl_driver_end(domain);
    return ok;
}
