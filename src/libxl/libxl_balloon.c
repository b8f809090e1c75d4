/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_balloon.h"

#include <string.h>

#define OPTION "dom0_mem="

bool
libxl_balloon_is_on(LibxlAutoballoon setting, const char *command_line)
{
    g_auto(GStrv) options = g_strsplit(command_line ? command_line : "", " ", 0);

    if (setting != LIBXL_AUTOBALLOON_AUTO)
        return setting == LIBXL_AUTOBALLOON_ON;
    for (guint i = 0; options[i]; i++) {
        if (g_str_has_prefix(options[i], OPTION))
            return false;
    }
    return true;
}

/* --- what is promised ------------------------------------------------------------- */

struct LibxlBalloon {
    GMutex turn; /* of who counts; held across calls of the host, as a job is */
    GMutex lock;
    GArray *promises; /* of Promise */
};

/* To a domain that is being built. */
typedef struct {
    guint8 uuid[VIR_UUID_BUFLEN];
    guint64 kib; /* all that it will take */
} Promise;

LibxlBalloon *
libxl_balloon_new(void)
{
    LibxlBalloon *balloon = g_new0(LibxlBalloon, 1);

    g_mutex_init(&balloon->turn);
    g_mutex_init(&balloon->lock);
    balloon->promises = g_array_new(FALSE, FALSE, sizeof(Promise));
    return balloon;
}

void
libxl_balloon_free(LibxlBalloon *balloon)
{
    if (!balloon)
        return;
    g_array_unref(balloon->promises);
    g_mutex_clear(&balloon->turn);
    g_mutex_clear(&balloon->lock);
    g_free(balloon);
}

static void
promise(LibxlBalloon *balloon, const libxl_domain_config *config, guint64 kib)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&balloon->lock);
    Promise given = {.kib = kib};

    memcpy(given.uuid, libxl_uuid_bytearray_const(&config->c_info.uuid), sizeof(given.uuid));
    g_array_append_val(balloon->promises, given);
}

static GArray *
copy_promises(LibxlBalloon *balloon)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&balloon->lock);

    return g_array_copy(balloon->promises);
}

/* What the domain of @promise has already. */
static guint64
get_taken(const Promise *promise, const GPtrArray *infos)
{
    for (guint i = 0; i < infos->len; i++) {
        const XenDomainInfo *info = infos->pdata[i];

        /* One that dies may be the domain's last life. */
        if (!info->is_dying && memcmp(info->uuid, promise->uuid, sizeof(promise->uuid)) == 0)
            return info->current_memory_kib;
    }
    return 0;
}

/* What is promised and not taken yet. Ask before asking what is free: what is taken between
 * the two is counted twice then, and not left out. */
static bool
count_promised(LibxlDriver *driver, guint64 *kib, GError **error)
{
    g_autoptr(GArray) promises = copy_promises(driver->balloon);
    g_autoptr(GPtrArray) infos = NULL;

    *kib = 0;
    if (promises->len == 0)
        return true;
    infos = driver->host->ops->list_domains(driver->host, error);
    if (!infos)
        return false;
    for (guint i = 0; i < promises->len; i++) {
        const Promise *given = &g_array_index(promises, Promise, i);
        guint64 taken = get_taken(given, infos);

        *kib += given->kib > taken ? given->kib - taken : 0;
    }
    return true;
}

/* So that who asks what it has now is not told what it had. */
static void
forget_sample_of_control_domain(LibxlDriver *driver)
{
    g_autoptr(LibxlDomain) control = libxl_domain_list_find_id(driver->domains, 0);

    if (control)
        libxl_domain_forget_sample(control);
}

bool
libxl_balloon_make_room(LibxlDriver *driver, libxl_domain_config *config, GError **error)
{
    LibxlBalloon *balloon = driver->balloon;
    guint64 promised_kib, need_kib;
    bool ok;

    if (!libxl_balloon_is_on(driver->config->autoballoon, driver->info.command_line))
        return true;
    g_mutex_lock(&balloon->turn);
    ok = count_promised(driver, &promised_kib, error) &&
         driver->host->ops->make_room(driver->host, config, promised_kib, &need_kib, error);
    if (ok)
        promise(balloon, config, need_kib);
    forget_sample_of_control_domain(driver);
    g_mutex_unlock(&balloon->turn);
    return ok;
}

void
libxl_balloon_end(LibxlDriver *driver, const libxl_domain_config *config)
{
    GArray *promises = driver->balloon->promises;
    const guint8 *uuid = libxl_uuid_bytearray_const(&config->c_info.uuid);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&driver->balloon->lock);

    for (guint i = 0; i < promises->len; i++) {
        if (memcmp(g_array_index(promises, Promise, i).uuid, uuid, VIR_UUID_BUFLEN) == 0) {
            g_array_remove_index_fast(promises, i);
            return;
        }
    }
}
