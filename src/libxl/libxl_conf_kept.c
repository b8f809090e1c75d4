/* Devices that are in a definition and that Xen can't provide.
 *
 * Whoever writes one expects the guest to have it, so that a start without it would
 * be a start of something else. Not in the table, and no reason to refuse: what only
 * describes another device (<audio>, <hub>, <redirfilter>), and what managers write for
 * every guest, which does as well without: <rng>, and <panic>, which each guest of
 * Xen has anyway. An element that nobody knows is kept for who does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/conf_xml.h"
#include "libxl/libxl_conf_private.h"
#include "util/i18n.h"

static ConfNames refused = {
    "crypto", "filesystem", "iommu", "lease", "memory",   "nvram", "redirdev",
    "shmem",  "smartcard",  "tpm",   "vsock", "watchdog", NULL,
};

bool
libxl_conf_check_kept(const DomainDef *def, libxl_domain_config *config G_GNUC_UNUSED,
                      GError **error)
{
    for (const xmlNode *node = conf_xml_kept_child(def->kept, "devices"); node; node = node->next) {
        if (!node->ns && conf_names_find(refused, (const char *)node->name) >= 0)
            return libxl_conf_refuse(def, error, _("<%s> is not possible on Xen"),
                                     (const char *)node->name);
    }
    return true;
}
