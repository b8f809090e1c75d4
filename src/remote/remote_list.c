/* Calls that find domains: lists, counts, lookups.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_access.h"
#include "remote/remote_handlers.h"
#include "remote/remote_util.h"
#include "util/error.h"
#include "util/i18n.h"

#include <string.h>

void
remote_domain_set(remote_nonnull_domain *domain, const LibxlDomainRef *ref)
{
    domain->name = g_strdup(ref->name);
    memcpy(domain->uuid, ref->uuid, sizeof(domain->uuid));
    domain->id = ref->id;
}

bool
remote_domain_take(remote_nonnull_domain *domain, LibxlDomainRef *ref)
{
    if (!ref)
        return false;
    remote_domain_set(domain, ref);
    libxl_domain_ref_free(ref);
    return true;
}

static bool
check_maximum(int maximum, GError **error)
{
    if (maximum < 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("maximum %d is negative"), maximum);
    if (maximum > REMOTE_DOMAIN_LIST_MAX)
        return virtxl_error_set(error, VIR_ERR_RPC, _("maximum %d is over the limit of %d"),
                                maximum, REMOTE_DOMAIN_LIST_MAX);
    return true;
}

/* Those that the client may know of. */
static GPtrArray *
list_domains(const RemoteCall *call, guint flags, GError **error)
{
    GPtrArray *refs = libxl_driver_connect_list_all_domains(call->driver, flags, error);

    if (refs)
        remote_access_filter_domains(call, refs);
    return refs;
}

static bool
count_domains(RemoteCall *call, guint flags, int *n, GError **error)
{
    g_autoptr(GPtrArray) refs = list_domains(call, flags, error);

    if (!refs)
        return false;
    *n = (int)refs->len;
    return true;
}

bool
remote_connect_num_of_domains(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_connect_num_of_domains_ret *ret = result;

    return count_domains(call, VIR_CONNECT_LIST_DOMAINS_ACTIVE, &ret->num, error);
}

bool
remote_connect_num_of_defined_domains(RemoteCall *call, gconstpointer data, gpointer result,
                                      GError **error)
{
    remote_connect_num_of_defined_domains_ret *ret = result;

    return count_domains(call, VIR_CONNECT_LIST_DOMAINS_INACTIVE, &ret->num, error);
}

bool
remote_connect_list_domains(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_list_domains_args *args = data;
    remote_connect_list_domains_ret *ret = result;
    g_autoptr(GPtrArray) refs = NULL;

    if (!check_maximum(args->maxids, error))
        return false;
    refs = list_domains(call, VIR_CONNECT_LIST_DOMAINS_ACTIVE, error);
    if (!refs)
        return false;
    ret->ids.ids_len = MIN(refs->len, (guint)args->maxids);
    ret->ids.ids_val = g_new0(int, ret->ids.ids_len);
    for (guint i = 0; i < ret->ids.ids_len; i++) {
        const LibxlDomainRef *ref = refs->pdata[i];

        ret->ids.ids_val[i] = ref->id;
    }
    return true;
}

bool
remote_connect_list_defined_domains(RemoteCall *call, gconstpointer data, gpointer result,
                                    GError **error)
{
    const remote_connect_list_defined_domains_args *args = data;
    remote_connect_list_defined_domains_ret *ret = result;
    g_autoptr(GPtrArray) refs = NULL;

    if (!check_maximum(args->maxnames, error))
        return false;
    refs = list_domains(call, VIR_CONNECT_LIST_DOMAINS_INACTIVE, error);
    if (!refs)
        return false;
    ret->names.names_len = MIN(refs->len, (guint)args->maxnames);
    ret->names.names_val = g_new0(remote_nonnull_string, ret->names.names_len);
    for (guint i = 0; i < ret->names.names_len; i++) {
        const LibxlDomainRef *ref = refs->pdata[i];

        ret->names.names_val[i] = g_strdup(ref->name);
    }
    return true;
}

bool
remote_connect_list_all_domains(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    const remote_connect_list_all_domains_args *args = data;
    remote_connect_list_all_domains_ret *ret = result;
    g_autoptr(GPtrArray) refs = list_domains(call, args->flags, error);

    if (!refs)
        return false;
    if (refs->len > REMOTE_DOMAIN_LIST_MAX)
        return virtxl_error_set(error, VIR_ERR_RPC, _("%u domains are over the limit of %d"),
                                refs->len, REMOTE_DOMAIN_LIST_MAX);
    ret->ret = refs->len;
    if (!args->need_results)
        return true;
    ret->domains.domains_len = refs->len;
    ret->domains.domains_val = g_new0(remote_nonnull_domain, refs->len);
    for (guint i = 0; i < refs->len; i++)
        remote_domain_set(&ret->domains.domains_val[i], refs->pdata[i]);
    return true;
}

/* Managed save images are looked for in the file system. */
bool
remote_connect_list_all_domains_blocks(RemoteCall *call, gconstpointer data)
{
    const remote_connect_list_all_domains_args *args = data;

    return args->flags &
           (VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE | VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE);
}

bool
remote_domain_lookup_by_id(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_lookup_by_id_args *args = data;
    remote_domain_lookup_by_id_ret *ret = result;

    if (args->id < 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("domain id %d is negative"),
                                args->id);
    return remote_domain_take(&ret->dom,
                              libxl_driver_domain_lookup_by_id(call->driver, args->id, error));
}

bool
remote_domain_lookup_by_name(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_lookup_by_name_args *args = data;
    remote_domain_lookup_by_name_ret *ret = result;

    return remote_domain_take(&ret->dom,
                              libxl_driver_domain_lookup_by_name(call->driver, args->name, error));
}

bool
remote_domain_lookup_by_uuid(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_lookup_by_uuid_args *args = data;
    remote_domain_lookup_by_uuid_ret *ret = result;
    const guint8 *uuid = (const guint8 *)args->uuid;

    return remote_domain_take(&ret->dom,
                              libxl_driver_domain_lookup_by_uuid(call->driver, uuid, error));
}
