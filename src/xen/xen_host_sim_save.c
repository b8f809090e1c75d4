/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xen/xen_host_sim_save.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_host_sim_json.h"

enum {
    STREAM_MAX = 64 * 1024
};

static bool
write_stream(int fd, const char *stream, GError **error)
{
    for (gsize left = strlen(stream); left > 0;) {
        gssize n = write(fd, stream, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("cannot save a domain: %s"),
                                    g_strerror(errno));
        stream += n;
        left -= (gsize)n;
    }
    return true;
}

bool
xen_sim_save(XenSimClient *client, guint32 domid, int fd, GError **error)
{
    g_autoptr(Json) result = xen_sim_client_call(client, "save", xen_sim_args_new(domid), error);
    const char *stream = json_object_get_string(json_object_object_get(result, "stream"));

    if (!stream)
        return false;
    if (write_stream(fd, stream, error))
        return true;
    json_object_put(xen_sim_client_call(client, "resume", xen_sim_args_new(domid), NULL));
    return false;
}

/* Whatever is in the file, as text that can be in JSON. */
static char *
read_stream(int fd)
{
    g_autofree guchar *data = g_malloc(STREAM_MAX);
    gsize size = 0;
    gssize n;

    while (size < STREAM_MAX &&
           ((n = read(fd, data + size, STREAM_MAX - size)) > 0 || (n < 0 && errno == EINTR)))
        size += (gsize)MAX(n, 0);
    return size > 0 ? g_base64_encode(data, size) : g_strdup("");
}

bool
xen_sim_restore(XenSimClient *client, struct json_object *config, int fd, guint32 *domid,
                GError **error)
{
    g_autofree char *stream = read_stream(fd);
    Json *args = json_object_new_object();
    g_autoptr(Json) result = NULL;

    json_object_object_add(args, "config", config);
    xen_sim_add_string(args, "stream", stream);
    result = xen_sim_client_call(client, "restore", args, error);
    if (!result)
        return false;
    *domid = (guint32)xen_sim_get_number(result, "domid");
    return true;
}
