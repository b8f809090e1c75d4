/* Lookups of what this driver has none of: storage volumes.
 *
 * Lists of storage pools are empty (remote_routes.c), from which clients conclude that
 * there is a storage driver. virt-install then asks of each disk whether it is a volume,
 * and goes on only if the answer is that there is no such one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_handlers.h"
#include "remote/remote_util.h"
#include "util/error.h"
#include "util/i18n.h"

bool
remote_storage_vol_lookup_by_path(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_storage_vol_lookup_by_path_args *args = data;

    return virtxl_error_set(error, VIR_ERR_NO_STORAGE_VOL,
                            _("no storage vol with matching path '%s'"), args->path);
}
