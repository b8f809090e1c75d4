/* How it works: see libxl_driver_stream.h. What the live definition says of a device is
 * copied with the lock held; its end on the host is opened without.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "libxl/libxl_channel.h"
#include "libxl/libxl_driver_state.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/unix_socket.h"

/* What is to be opened. */
typedef struct {
    const char *kind; /* "console" or "channel", for messages */
    char *name;       /* likewise */
    int domid;
    DomainChrSourceType type;
    bool listens;
    char *path; /* NULL: not known */
} Target;

static void
target_clear(Target *target)
{
    g_free(target->name);
    g_free(target->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, target_clear)

/* --- finding ------------------------------------------------------------------ */

static const DomainChrDef *
find_alias(const GPtrArray *devices, const char *alias)
{
    for (guint i = 0; i < devices->len; i++) {
        const DomainChrDef *device = devices->pdata[i];

        if (g_strcmp0(device->info.alias, alias) == 0)
            return device;
    }
    return NULL;
}

static const DomainChrDef *
first_of(const GPtrArray *devices)
{
    return devices->len > 0 ? devices->pdata[0] : NULL;
}

static const DomainChrDef *
find_console(const DomainDef *live, const char *alias)
{
    const GPtrArray *families[] = {live->consoles, live->serials, live->parallels, live->channels};
    const DomainChrDef *device = NULL;

    if (!alias)
        return first_of(live->consoles) ? first_of(live->consoles) : first_of(live->serials);
    for (gsize i = 0; i < G_N_ELEMENTS(families) && !device; i++)
        device = find_alias(families[i], alias);
    return device;
}

static const DomainChrDef *
find_channel(const DomainDef *live, const char *name)
{
    const DomainChrDef *device;

    if (!name)
        return first_of(live->channels);
    device = libxl_channels_find(live, name);
    return device ? device : find_alias(live->channels, name);
}

typedef const DomainChrDef *(*FindFunc)(const DomainDef *live, const char *name);

/* Fills @target with what the live definition says. */
static bool
look_up(LibxlDomain *domain, FindFunc find, const char *name, Target *target, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    const DomainChrDef *device;

    if (!domain->live)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
                                domain->name);
    target->domid = domain->live->id;
    device = find(domain->live, name);
    if (device) {
        target->name = g_strdup(name ? name : device->info.alias);
        target->type = device->source->type;
        target->listens = device->source->listen;
        target->path = g_strdup(device->source->path);
        return true;
    }
    if (name)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s': cannot find %s '%s'"), domain->name, target->kind,
                                name);
    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("domain '%s' has no %s"), domain->name,
                            target->kind);
}

/* --- opening ------------------------------------------------------------------ */

static bool
check_source(const LibxlDomain *domain, const Target *target, GError **error)
{
    if (target->type != DOMAIN_CHR_SOURCE_PTY &&
        !(target->type == DOMAIN_CHR_SOURCE_UNIX && target->listens))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s': %s '%s' is neither a pty nor a UNIX socket that "
                                  "listens"),
                                domain->name, target->kind, target->name);
    if (!target->path)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain '%s': %s '%s' has no path on the host"), domain->name,
                                target->kind, target->name);
    return true;
}

/* What somebody typed is for the guest's terminal to echo and to interpret, not for
 * this one. */
static int
open_terminal(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios settings;
    int saved;

    if (fd < 0)
        return -1;
    if (tcgetattr(fd, &settings) == 0) {
        cfmakeraw(&settings);
        if (tcsetattr(fd, TCSANOW, &settings) == 0)
            return fd;
    }
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static bool
open_target(const LibxlDomain *domain, const Target *target, LibxlChrLease *lease, GError **error)
{
    int fd = target->type == DOMAIN_CHR_SOURCE_PTY
                 ? open_terminal(target->path)
                 : unix_socket_connect(target->path, SOCK_NONBLOCK);

    if (fd < 0)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("domain '%s': cannot open %s '%s' at '%s': %s"), domain->name,
                                target->kind, target->name, target->path, g_strerror(errno));
    libxl_chr_lease_set_fd(lease, fd);
    return true;
}

/* A domain that has stopped before the claim has not ended it. */
static bool
check_still_runs(LibxlDomain *domain, const Target *target, GError **error)
{
    if (libxl_domain_get_id(domain) != target->domid)
        return virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
                                domain->name);
    return true;
}

static LibxlChrLease *
claim(LibxlDomain *domain, const Target *target, bool force, GError **error)
{
    g_autoptr(LibxlChrLease) lease = NULL;

    if (!check_source(domain, target, error))
        return NULL;
    lease = libxl_chr_leases_claim(domain->chr_leases, target->path, force);
    if (!lease) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                         _("Active %s session exists for domain '%s', device '%s'"), target->kind,
                         domain->name, target->name);
        return NULL;
    }
    if (!check_still_runs(domain, target, error) || !open_target(domain, target, lease, error))
        return NULL;
    return g_steal_pointer(&lease);
}

/* --- calls --------------------------------------------------------------------- */

LibxlChrLease *
libxl_driver_domain_open_console(LibxlDriver *driver, const guint8 *uuid, const char *device,
                                 guint flags, GError **error)
{
    g_autoptr(LibxlDomain) domain = NULL;
    g_auto(Target) target = {.kind = "console"};

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_CONSOLE_FORCE | VIR_DOMAIN_CONSOLE_SAFE,
                                  "virDomainOpenConsole", error) ||
        !(domain = libxl_driver_find(driver, uuid, error)) ||
        !look_up(domain, find_console, device, &target, error))
        return NULL;
    return claim(domain, &target, flags & VIR_DOMAIN_CONSOLE_FORCE, error);
}

LibxlChrLease *
libxl_driver_domain_open_channel(LibxlDriver *driver, const guint8 *uuid, const char *name,
                                 guint flags, GError **error)
{
    g_autoptr(LibxlDomain) domain = NULL;
    g_auto(Target) target = {.kind = "channel"};

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_CHANNEL_FORCE, "virDomainOpenChannel", error) ||
        !(domain = libxl_driver_find(driver, uuid, error)) ||
        !look_up(domain, find_channel, name, &target, error))
        return NULL;
    return claim(domain, &target, flags & VIR_DOMAIN_CHANNEL_FORCE, error);
}
