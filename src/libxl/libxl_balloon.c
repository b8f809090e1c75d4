/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_balloon.h"

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

bool
libxl_balloon_make_room(LibxlDriver *driver, libxl_domain_config *config, GError **error)
{
    /* One after the other, or two would count the same memory. */
    static GMutex lock;
    bool ok;

    if (!libxl_balloon_is_on(driver->config->autoballoon, driver->info.command_line))
        return true;
    g_mutex_lock(&lock);
    ok = driver->host->ops->make_room(driver->host, config, error);
    g_mutex_unlock(&lock);
    return ok;
}
