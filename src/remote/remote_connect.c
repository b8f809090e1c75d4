/* Calls about the connection and the host.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_handlers.h"
#include "remote/remote_hostname.h"
#include "remote/remote_server_private.h"
#include "remote_protocol.h"
#include "util/error.h"
#include "util/i18n.h"

#include <string.h>

/* Numbers of what clients ask for by CONNECT_SUPPORTS_FEATURE. They are in no
 * public header. */
enum {
    FEATURE_TYPED_PARAM_STRING = 9,
    FEATURE_PROGRAM_KEEPALIVE = 10,
    FEATURE_EVENT_CALLBACK = 14,
    FEATURE_CLOSE_CALLBACK = 15,
};

/* How long a client that has said goodbye may take to read its last answers. */
#define CLOSE_GRACE_MS (10 * 1000)

#define CANONICAL_URI "xen:///system"

/* xen:/// and xen:///system are this driver; a client that names nothing takes
 * what there is. A query (?socket=...) is the client library's business. */
static bool
uri_is_ours(const char *name)
{
    g_autoptr(GUri) uri = NULL;
    const char *host;
    const char *path;

    if (*name == '\0')
        return true;
    uri = g_uri_parse(name, G_URI_FLAGS_NON_DNS, NULL);
    if (!uri || strcmp(g_uri_get_scheme(uri), "xen") != 0)
        return false;
    host = g_uri_get_host(uri);
    path = g_uri_get_path(uri);
    return (!host || *host == '\0') && (strcmp(path, "/system") == 0 || strcmp(path, "/") == 0);
}

bool
remote_connect_open(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_open_args *args = data;
    const char *name = args->name ? *args->name : "";

    if (call->client->opened)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("connection already open"));
    if (args->flags & ~(guint)(VIR_CONNECT_RO | VIR_CONNECT_NO_ALIASES))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unknown connection flags 0x%x"),
                                args->flags);
    if (!uri_is_ours(name))
        return virtxl_error_set(error, VIR_ERR_NO_CONNECT,
                                _("no driver for URI '%s' here, only for %s"), name, CANONICAL_URI);
    call->client->readonly |= (args->flags & VIR_CONNECT_RO) != 0;
    call->client->opened = true;
    return true;
}

bool
remote_connect_close(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    call->client->opened = false;
    g_array_set_size(call->client->subscriptions, 0);
    rpc_client_finish(call->rpc, CLOSE_GRACE_MS);
    return true;
}

bool
remote_connect_supports_feature(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    const remote_connect_supports_feature_args *args = data;
    remote_connect_supports_feature_ret *ret = result;

    switch (args->feature) {
    case FEATURE_PROGRAM_KEEPALIVE:
        /* Who asks can answer a ping. */
        rpc_client_start_keepalive(call->rpc, call->server->keepalive_interval_ms,
                                   call->server->keepalive_count);
        ret->supported = 1;
        break;
    case FEATURE_TYPED_PARAM_STRING:
    case FEATURE_EVENT_CALLBACK:
    case FEATURE_CLOSE_CALLBACK:
        ret->supported = 1;
        break;
    default:
        ret->supported = 0;
    }
    return true;
}

bool
remote_connect_get_type(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_connect_get_type_ret *ret = result;

    ret->type = g_strdup("Xen");
    return true;
}

bool
remote_connect_get_version(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_connect_get_version_ret *ret = result;

    ret->hv_ver = libxl_driver_connect_get_version(call->driver);
    return true;
}

/* The version of libvirt whose API is served: clients take features from it. */
bool
remote_connect_get_lib_version(RemoteCall *call, gconstpointer data, gpointer result,
                               GError **error)
{
    remote_connect_get_lib_version_ret *ret = result;

    ret->lib_ver = LIBVIR_VERSION_NUMBER;
    return true;
}

bool
remote_connect_get_hostname(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_connect_get_hostname_ret *ret = result;

    ret->hostname = remote_hostname_get(error);
    return ret->hostname != NULL;
}

bool
remote_connect_get_hostname_blocks(RemoteCall *call, gconstpointer data)
{
    return !remote_hostname_is_known();
}

bool
remote_connect_get_uri(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_connect_get_uri_ret *ret = result;

    ret->uri = g_strdup(CANONICAL_URI);
    return true;
}

/* A UNIX socket leaves the host by no wire. */
bool
remote_connect_is_secure(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    remote_connect_is_secure_ret *ret = result;

    ret->secure = 1;
    return true;
}

bool
remote_connect_get_max_vcpus(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_connect_get_max_vcpus_args *args = data;
    remote_connect_get_max_vcpus_ret *ret = result;

    ret->max_vcpus =
        libxl_driver_connect_get_max_vcpus(call->driver, args->type ? *args->type : NULL, error);
    return ret->max_vcpus >= 0;
}

bool
remote_connect_get_capabilities(RemoteCall *call, gconstpointer data, gpointer result,
                                GError **error)
{
    remote_connect_get_capabilities_ret *ret = result;

    ret->capabilities = libxl_driver_connect_get_capabilities(call->driver);
    return true;
}

bool
remote_node_get_info(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const XenHostInfo *info = libxl_driver_node_get_info(call->driver);
    remote_node_get_info_ret *ret = result;

    g_strlcpy(ret->model, info->model ? info->model : "", sizeof(ret->model));
    ret->memory = info->memory_kib;
    ret->cpus = (int)info->cpus;
    ret->mhz = (int)info->mhz;
    ret->nodes = (int)info->nodes;
    ret->sockets = (int)info->sockets;
    ret->cores = (int)info->cores;
    ret->threads = (int)info->threads;
    return true;
}

/* There is none, which clients expect as empty strings with their ends. */
bool
remote_node_get_security_model(RemoteCall *call, gconstpointer data, gpointer result,
                               GError **error)
{
    remote_node_get_security_model_ret *ret = result;

    ret->model.model_len = 1;
    ret->model.model_val = g_strdup("");
    ret->doi.doi_len = 1;
    ret->doi.doi_val = g_strdup("");
    return true;
}

bool
remote_do_nothing(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    return true;
}
