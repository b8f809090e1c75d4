/* The port's simulated side: each function is one call of virtxl-simhost, with
 * JSON between (xen_host_sim_client.c carries it).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/i18n.h"
#include "util/uuid.h"
#include "xen/xen_host.h"
#include "xen/xen_host_sim_channel.h"
#include "xen/xen_host_sim_client.h"
#include "xen/xen_host_sim_device.h"
#include "xen/xen_host_sim_info.h"
#include "xen/xen_host_sim_json.h"
#include "xen/xen_host_sim_save.h"
#include "xen/xen_host_sim_tune.h"

typedef struct {
    XenHost base;
    XenSimClient *client;
    char *root; /* absolute */
    XenHostEventFunc event_func;
    gpointer user_data;
} XenHostSim;

static XenHostSim *
get_sim(XenHost *host)
{
    return (XenHostSim *)host;
}

XenSimClient *
xen_host_sim_get_client(XenHost *host)
{
    return get_sim(host)->client;
}

/* --- The host --- */

static void
sim_close(XenHost *host)
{
    XenHostSim *sim = get_sim(host);

    xen_sim_client_close(sim->client);
    g_free(sim->root);
    g_free(sim);
}

static bool
read_event_type(Json *object, XenHostEventType *type)
{
    static const char *const names[] = {
        [XEN_HOST_DOMAIN_CREATED] = "created",
        [XEN_HOST_DOMAIN_SHUTDOWN] = "shutdown",
        [XEN_HOST_DOMAIN_GONE] = "gone",
        [XEN_HOST_CHANNELS_CHANGED] = "channels",
    };
    const char *name = json_object_get_string(json_object_object_get(object, "event"));

    *type = XEN_HOST_LOST;
    if (!object)
        return true;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_strcmp0(name, names[i]) == 0) {
            *type = (XenHostEventType)i;
            return true;
        }
    }
    return false;
}

static void
on_event(Json *object, gpointer user_data)
{
    XenHostSim *sim = user_data;
    XenHostEvent event = {0};

    if (!read_event_type(object, &event.type))
        return;
    event.domid = (guint32)xen_sim_get_number(object, "domid");
    event.reason = (libxl_shutdown_reason)xen_sim_get_number(object, "reason");
    xen_sim_get_uuid(object, event.uuid);
    sim->event_func(&event, sim->user_data);
}

static bool
sim_watch(XenHost *host, XenHostEventFunc func, gpointer user_data, GError **error)
{
    XenHostSim *sim = get_sim(host);

    sim->event_func = func;
    sim->user_data = user_data;
    xen_sim_client_set_event_func(sim->client, on_event, sim);
    return xen_sim_client_call_plain(get_sim(host)->client, "watch", NULL, error);
}

/* --- A domain's life --- */

static Json *
format_config(libxl_domain_config *config, GError **error)
{
    char *text = libxl_domain_config_to_json(NULL, config);
    struct json_tokener *tokener = json_tokener_new();
    Json *object = NULL;

    json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
    if (text)
        object = json_tokener_parse_ex(tokener, text, (int)strlen(text));
    if (!object)
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                         _("the configuration of domain '%s' does not turn into JSON"),
                         config->c_info.name);
    json_tokener_free(tokener);
    free(text);
    return object;
}

static bool
sim_make_room(XenHost *host, libxl_domain_config *config, guint64 promised_kib, guint64 *need_kib,
              GError **error)
{
    Json *object = format_config(config, error);
    Json *args;
    g_autoptr(Json) result = NULL;

    if (!object)
        return false;
    args = json_object_new_object();
    json_object_object_add(args, "config", object);
    xen_sim_add_number(args, "promised_kib", promised_kib);
    result = xen_sim_client_call(get_sim(host)->client, "make_room", args, error);
    if (!result)
        return false;
    *need_kib = xen_sim_get_number(result, "need_kib");
    return true;
}

static bool
sim_create(XenHost *host, libxl_domain_config *config, guint32 *domid, GError **error)
{
    Json *object = format_config(config, error);
    Json *args;
    g_autoptr(Json) result = NULL;

    if (!object)
        return false;
    args = json_object_new_object();
    json_object_object_add(args, "config", object);
    result = xen_sim_client_call(get_sim(host)->client, "create", args, error);
    if (!result)
        return false;
    *domid = (guint32)xen_sim_get_number(result, "domid");
    return true;
}

static bool
sim_unpause(XenHost *host, guint32 domid, GError **error)
{
    return xen_sim_client_call_plain(get_sim(host)->client, "unpause", xen_sim_args_new(domid),
                                     error);
}

static bool
sim_pause(XenHost *host, guint32 domid, GError **error)
{
    return xen_sim_client_call_plain(get_sim(host)->client, "pause", xen_sim_args_new(domid),
                                     error);
}

static bool
sim_shutdown(XenHost *host, guint32 domid, GError **error)
{
    return xen_sim_client_call_plain(get_sim(host)->client, "shutdown", xen_sim_args_new(domid),
                                     error);
}

static bool
sim_reboot(XenHost *host, guint32 domid, GError **error)
{
    return xen_sim_client_call_plain(get_sim(host)->client, "reboot", xen_sim_args_new(domid),
                                     error);
}

static bool
sim_destroy(XenHost *host, guint32 domid, GError **error)
{
    return xen_sim_client_call_plain(get_sim(host)->client, "destroy", xen_sim_args_new(domid),
                                     error);
}

static bool
sim_save(XenHost *host, guint32 domid, int fd, GError **error)
{
    return xen_sim_save(get_sim(host)->client, domid, fd, error);
}

static bool
sim_resume(XenHost *host, guint32 domid, GError **error)
{
    return xen_sim_client_call_plain(get_sim(host)->client, "resume", xen_sim_args_new(domid),
                                     error);
}

static bool
sim_restore(XenHost *host, libxl_domain_config *config, int fd, guint version, guint32 *domid,
            GError **error)
{
    Json *object = format_config(config, error);

    return object && xen_sim_restore(get_sim(host)->client, object, fd, domid, error);
}

static bool
sim_dump_core(XenHost *host, guint32 domid, const char *path, GError **error)
{
    Json *args = xen_sim_args_new(domid);

    xen_sim_add_string(args, "path", path);
    return xen_sim_client_call_plain(get_sim(host)->client, "dump_core", args, error);
}

/* --- Devices and what is kept with a domain --- */

static GPtrArray *
sim_list_channels(XenHost *host, guint32 domid, GError **error)
{
    return xen_sim_list_channels(get_sim(host)->client, domid, error);
}

static bool
sim_check_channel_backend(XenHost *host, GError **error)
{
    const XenHostSim *sim = get_sim(host);

    return xen_sim_check_backend(sim->client, sim->root, error);
}

static GPtrArray *
sim_list_channel_stats(XenHost *host, GError **error)
{
    return xen_channel_stats_list(get_sim(host)->root, error);
}

static bool
sim_add_channel(XenHost *host, guint32 domid, guint devid, const char *name,
                const ChannelSource *source, GError **error)
{
    return xen_sim_add_channel(get_sim(host)->client, domid, devid, name, source, error);
}

static bool
sim_remove_channel(XenHost *host, guint32 domid, guint devid, bool force, GError **error)
{
    return xen_sim_remove_channel(get_sim(host)->client, domid, devid, force, error);
}

static GPtrArray *
sim_list_devices(XenHost *host, guint32 domid, GError **error)
{
    return xen_sim_list_devices(get_sim(host)->client, domid, error);
}

static bool
sim_add_device(XenHost *host, guint32 domid, XenDevice *device, GError **error)
{
    return xen_sim_add_device(get_sim(host)->client, domid, device, error);
}

static bool
sim_remove_device(XenHost *host, guint32 domid, XenDeviceType type, const char *name, bool force,
                  GError **error)
{
    return xen_sim_remove_device(get_sim(host)->client, domid, type, name, force, error);
}

static bool
sim_change_medium(XenHost *host, guint32 domid, XenDevice *disk, GError **error)
{
    return xen_sim_change_medium(get_sim(host)->client, domid, disk, error);
}

static bool
sim_set_assignable(XenHost *host, XenDevice *pci, bool assignable, GError **error)
{
    return xen_sim_set_assignable(get_sim(host)->client, pci, assignable, error);
}

static char *
sim_get_console_path(XenHost *host, guint32 domid, XenConsoleKind kind, guint index, GError **error)
{
    Json *args = xen_sim_args_new(domid);
    g_autoptr(Json) result = NULL;

    xen_sim_add_string(args, "kind", kind == XEN_CONSOLE_SERIAL ? "serial" : "pv");
    json_object_object_add(args, "index", json_object_new_int64(index));
    result = xen_sim_client_call(get_sim(host)->client, "get_console_path", args, error);
    return result ? xen_sim_dup_string(result, "path") : NULL;
}

static bool
sim_store_userdata(XenHost *host, guint32 domid, const char *key, const void *data, gsize size,
                   GError **error)
{
    g_autofree char *encoded = size > 0 ? g_base64_encode(data, size) : g_strdup("");
    Json *args = xen_sim_args_new(domid);

    xen_sim_add_string(args, "key", key);
    xen_sim_add_string(args, "data", encoded);
    return xen_sim_client_call_plain(get_sim(host)->client, "store_userdata", args, error);
}

static bool
sim_load_userdata(XenHost *host, guint32 domid, const char *key, char **data, gsize *size,
                  GError **error)
{
    Json *args = xen_sim_args_new(domid);
    g_autoptr(Json) result = NULL;
    g_autofree guchar *decoded = NULL;
    const char *encoded;

    *data = NULL;
    *size = 0;
    xen_sim_add_string(args, "key", key);
    result = xen_sim_client_call(get_sim(host)->client, "load_userdata", args, error);
    if (!result)
        return false;
    encoded = json_object_get_string(json_object_object_get(result, "data"));
    if (!encoded)
        return true;
    decoded = g_base64_decode(encoded, size);
    /* With a NUL after it, since most of it is text. */
    *data = g_malloc(*size + 1);
    memcpy(*data, decoded, *size);
    (*data)[*size] = '\0';
    return true;
}

static const XenHostOps sim_ops = {
    .name = "sim",
    .close = sim_close,
    .watch = sim_watch,
    .get_info = xen_host_sim_get_info,
    .get_free_memory = xen_host_sim_get_free_memory,
    .make_room = sim_make_room,
    .list_domains = xen_host_sim_list_domains,
    .get_domain = xen_host_sim_get_domain,
    .create = sim_create,
    .unpause = sim_unpause,
    .pause = sim_pause,
    .shutdown = sim_shutdown,
    .reboot = sim_reboot,
    .destroy = sim_destroy,
    .save = sim_save,
    .resume = sim_resume,
    .restore = sim_restore,
    .dump_core = sim_dump_core,
    .list_channels = sim_list_channels,
    .check_channel_backend = sim_check_channel_backend,
    .add_channel = sim_add_channel,
    .remove_channel = sim_remove_channel,
    .list_vcpus = xen_host_sim_list_vcpus,
    .set_online_vcpus = xen_host_sim_set_online_vcpus,
    .pin_vcpu = xen_host_sim_pin_vcpu,
    .set_memory = xen_host_sim_set_memory,
    .set_max_memory = xen_host_sim_set_max_memory,
    .get_scheduler = xen_host_sim_get_scheduler,
    .set_scheduler = xen_host_sim_set_scheduler,
    .send_trigger = xen_host_sim_send_trigger,
    .tell_qemu = xen_host_sim_tell_qemu,
    .get_block_stats = xen_host_sim_get_block_stats,
    .get_interface_stats = xen_host_sim_get_interface_stats,
    .list_channel_stats = sim_list_channel_stats,
    .list_nodes = xen_host_sim_list_nodes,
    .list_devices = sim_list_devices,
    .add_device = sim_add_device,
    .remove_device = sim_remove_device,
    .change_medium = sim_change_medium,
    .set_assignable = sim_set_assignable,
    .get_console_path = sim_get_console_path,
    .store_userdata = sim_store_userdata,
    .load_userdata = sim_load_userdata,
};

/* In a build tree nothing is installed; the environment tells then. */
static const char *
get_program(void)
{
    const char *program = g_getenv("VIRTXL_SIMHOST");

    return program ? program : VIRTXL_SIMHOST_PATH;
}

XenHost *
xen_host_sim_open(const char *root, const char *program, GError **error)
{
    XenSimClient *client = xen_sim_client_open(root, program ? program : get_program(), error);
    XenHostSim *sim;

    if (!client)
        return NULL;
    sim = g_new0(XenHostSim, 1);
    sim->base.ops = &sim_ops;
    sim->client = client;
    sim->root = g_canonicalize_filename(root, NULL);
    xen_sim_start_backend(client, sim->root);
    return &sim->base;
}
