/* A guest's machine, as somebody in front of it has it: keyboard, screen and buttons. See
 * libxl_driver.h and, for the screen, libxl_driver_stream.h.
 *
 * Keyboard and screen are QEMU's, which does as its monitor is told: an HVM guest has one for
 * its devices, another guest for its <graphics>, if it has that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libxl/libxl_driver_state.h"
#include "libxl/libxl_driver_stream.h"
#include "libxl/libxl_keycode.h"
#include "util/error.h"
#include "util/i18n.h"

/* As libxl_driver_begin_active(), for a guest with a keyboard and a screen. */
static LibxlDomain *
begin_with_screen(LibxlDriver *driver, const guint8 *uuid, GError **error)
{
    LibxlDomain *domain = libxl_driver_begin_active(driver, uuid, error);

    if (!domain || domain->live->os.type == DOMAIN_OS_TYPE_HVM || domain->live->graphics->len > 0)
        return domain;
    virtxl_error_set(
        error, VIR_ERR_OPERATION_UNSUPPORTED,
        _("domain '%s' has neither keyboard nor screen: it is no HVM guest, and has no "
          "<graphics>"),
        domain->name);
    libxl_driver_end(domain);
    return NULL;
}

static guint32
get_id(const LibxlDomain *domain)
{
    return (guint32)domain->live->id;
}

/* --- buttons ------------------------------------------------------------------- */

bool
libxl_driver_domain_pm_wakeup(LibxlDriver *driver, const guint8 *uuid, guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, 0, "virDomainPMWakeup", error) ||
        !(domain = libxl_driver_begin_active(driver, uuid, error)))
        return false;
    if (domain->live->os.type != DOMAIN_OS_TYPE_HVM)
        ok = virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                              _("domain '%s': only an HVM guest can be woken"), domain->name);
    else
        ok = driver->host->ops->send_trigger(driver->host, get_id(domain), LIBXL_TRIGGER_S3RESUME,
                                             error);
    libxl_driver_end(domain);
    return ok;
}

/* Of any guest: Xen does it. */
bool
libxl_driver_domain_inject_nmi(LibxlDriver *driver, const guint8 *uuid, guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, 0, "virDomainInjectNMI", error) ||
        !(domain = libxl_driver_begin_active(driver, uuid, error)))
        return false;
    ok = driver->host->ops->send_trigger(driver->host, get_id(domain), LIBXL_TRIGGER_NMI, error);
    libxl_driver_end(domain);
    return ok;
}

/* --- keyboard ------------------------------------------------------------------ */

/* The command of QEMU's monitor that presses the keys together. */
static char *
format_keys(guint codeset, guint holdtime, const guint *keycodes, guint n, GError **error)
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
    bool ok;

    if (!libxl_driver_check_flags(flags, 0, "virDomainSendKey", error) ||
        !(command = format_keys(codeset, holdtime, keycodes, n, error)) ||
        !(domain = begin_with_screen(driver, uuid, error)))
        return false;
    ok = driver->host->ops->tell_qemu(driver->host, get_id(domain), command, error);
    libxl_driver_end(domain);
    return ok;
}

/* --- screen -------------------------------------------------------------------- */

/* Has QEMU put what is on the screen into the file at @path, and claims and opens it. */
static LibxlChrLease *
take_picture(LibxlDriver *driver, LibxlDomain *domain, const char *path, GError **error)
{
    g_autofree char *command = g_strdup_printf("screendump %s", path);
    LibxlChrLease *lease;
    int fd;

    if (!driver->host->ops->tell_qemu(driver->host, get_id(domain), command, error))
        return NULL;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot open '%s': %s"), path,
                         g_strerror(errno));
        return NULL;
    }
    lease = libxl_chr_leases_claim(domain->chr_leases, path, true);
    libxl_chr_lease_set_fd(lease, fd);
    return lease;
}

/* The file need have a name only until it is open. */
static LibxlChrLease *
take_picture_by_file(LibxlDriver *driver, LibxlDomain *domain, GError **error)
{
    g_autofree char *path = g_build_filename(driver->config->state_dir, "screen-XXXXXX", NULL);
    LibxlChrLease *lease;
    int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);

    if (fd < 0) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("cannot create '%s': %s"), path,
                         g_strerror(errno));
        return NULL;
    }
    close(fd);
    lease = take_picture(driver, domain, path, error);
    unlink(path);
    return lease;
}

LibxlChrLease *
libxl_driver_domain_screenshot(LibxlDriver *driver, const guint8 *uuid, guint screen, guint flags,
                               GError **error)
{
    LibxlChrLease *lease;
    LibxlDomain *domain;

    if (!libxl_driver_check_flags(flags, 0, "virDomainScreenshot", error))
        return NULL;
    if (screen != 0) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("a guest has one screen, 0, and no %u"),
                         screen);
        return NULL;
    }
    if (!(domain = begin_with_screen(driver, uuid, error)))
        return NULL;
    lease = take_picture_by_file(driver, domain, error);
    libxl_driver_end(domain);
    return lease;
}
