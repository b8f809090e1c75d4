/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/pci.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"

#define PCIBACK "../../drivers/pciback"

bool
sim_pci_set_assignable(const char *root, const char *name, bool assignable, GError **error)
{
    g_autofree char *folder = g_build_filename(root, "sys/bus/pci/devices", name, NULL);
    g_autofree char *link = g_build_filename(folder, "driver", NULL);
    g_autofree char *before = g_build_filename(folder, "driver.before", NULL);
    g_autofree char *driver = g_file_read_link(link, NULL);
    bool is_assignable = g_strcmp0(driver, PCIBACK) == 0;

    if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("there is no PCI device '%s'"),
                                name);
    if (assignable == is_assignable)
        return true;
    if (assignable ? (driver && g_rename(link, before) < 0) || symlink(PCIBACK, link) < 0
                   : unlink(link) < 0 || (g_rename(before, link) < 0 && errno != ENOENT))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("PCI device '%s': %s"), name,
                                g_strerror(errno));
    return true;
}
