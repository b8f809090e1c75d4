/* Calls that save domains, restore them, and write core dumps.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_handlers.h"
#include "remote/remote_params.h"
#include "remote/remote_util.h"

#include "libxl/libxl_driver_save.h"
#include "util/error.h"
#include "util/i18n.h"

static const char *
get_string(const remote_string text)
{
    return text ? *text : NULL;
}

static bool
take_string(char **slot, char *text)
{
    *slot = text;
    return text != NULL;
}

bool
remote_domain_save(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_save_args *args = data;

    return libxl_driver_domain_save(call->driver, remote_domain_uuid(&args->dom), args->to, NULL, 0,
                                    error);
}

bool
remote_domain_save_flags(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_save_flags_args *args = data;

    return libxl_driver_domain_save(call->driver, remote_domain_uuid(&args->dom), args->to,
                                    get_string(args->dxml), args->flags, error);
}

bool
remote_domain_restore(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_restore_args *args = data;

    return libxl_driver_domain_restore(call->driver, args->from, call->image_xml, 0, error);
}

bool
remote_domain_restore_flags(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_restore_flags_args *args = data;

    const char *xml = args->dxml ? *args->dxml : call->image_xml;

    return libxl_driver_domain_restore(call->driver, args->from, xml, args->flags, error);
}

bool
remote_domain_save_params(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_save_params_args *args = data;
    const guint8 *uuid = remote_domain_uuid(&args->dom);
    g_autoptr(GArray) params =
        remote_params_read(args->params.params_val, args->params.params_len, error);
    LibxlSaveParams read;

    if (!params || !libxl_save_params_read(params, &read, error))
        return false;
    if (!read.path)
        return libxl_driver_domain_managed_save(call->driver, uuid, read.xml, args->flags, error);
    return libxl_driver_domain_save(call->driver, uuid, read.path, read.xml, args->flags, error);
}

bool
remote_domain_restore_params(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_restore_params_args *args = data;
    g_autoptr(GArray) params =
        remote_params_read(args->params.params_val, args->params.params_len, error);
    LibxlSaveParams read;

    return params && libxl_restore_params_read(params, &read, error) &&
           libxl_driver_domain_restore(call->driver, read.path,
                                       read.xml ? read.xml : call->image_xml, args->flags, error);
}

bool
remote_domain_managed_save(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_managed_save_args *args = data;

    return libxl_driver_domain_managed_save(call->driver, remote_domain_uuid(&args->dom), NULL,
                                            args->flags, error);
}

bool
remote_domain_managed_save_remove(RemoteCall *call, gconstpointer data, gpointer result,
                                  GError **error)
{
    const remote_domain_managed_save_remove_args *args = data;

    return libxl_driver_domain_managed_save_remove(call->driver, remote_domain_uuid(&args->dom),
                                                   args->flags, error);
}

bool
remote_domain_save_image_get_xml_desc(RemoteCall *call, gconstpointer data, gpointer result,
                                      GError **error)
{
    const remote_domain_save_image_get_xml_desc_args *args = data;
    remote_domain_save_image_get_xml_desc_ret *ret = result;

    if (call->image_xml)
        return take_string(&ret->xml, g_steal_pointer(&call->image_xml));
    return take_string(&ret->xml, libxl_driver_domain_save_image_get_xml_desc(
                                      call->driver, args->file, args->flags, error));
}

bool
remote_domain_save_image_define_xml(RemoteCall *call, gconstpointer data, gpointer result,
                                    GError **error)
{
    const remote_domain_save_image_define_xml_args *args = data;

    return libxl_driver_domain_save_image_define_xml(call->driver, args->file, args->dxml,
                                                     args->flags, error);
}

bool
remote_domain_managed_save_get_xml_desc(RemoteCall *call, gconstpointer data, gpointer result,
                                        GError **error)
{
    const remote_domain_managed_save_get_xml_desc_args *args = data;
    remote_domain_managed_save_get_xml_desc_ret *ret = result;

    return take_string(&ret->xml,
                       libxl_driver_domain_managed_save_get_xml_desc(
                           call->driver, remote_domain_uuid(&args->dom), args->flags, error));
}

bool
remote_domain_managed_save_get_xml_desc_writes(gconstpointer data)
{
    const remote_domain_managed_save_get_xml_desc_args *args = data;

    return args->flags & VIR_DOMAIN_SAVE_IMAGE_XML_SECURE;
}

bool
remote_domain_managed_save_define_xml(RemoteCall *call, gconstpointer data, gpointer result,
                                      GError **error)
{
    const remote_domain_managed_save_define_xml_args *args = data;

    return libxl_driver_domain_managed_save_define_xml(call->driver, remote_domain_uuid(&args->dom),
                                                       get_string(args->dxml), args->flags, error);
}

bool
remote_domain_core_dump(RemoteCall *call, gconstpointer data, gpointer result, GError **error)
{
    const remote_domain_core_dump_args *args = data;

    return libxl_driver_domain_core_dump(call->driver, remote_domain_uuid(&args->dom), args->to,
                                         args->flags, error);
}

bool
remote_domain_core_dump_with_format(RemoteCall *call, gconstpointer data, gpointer result,
                                    GError **error)
{
    const remote_domain_core_dump_with_format_args *args = data;

    if (args->dumpformat != VIR_DOMAIN_CORE_DUMP_FORMAT_RAW)
        return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                                _("Xen writes core dumps in its own format only"));
    return libxl_driver_domain_core_dump(call->driver, remote_domain_uuid(&args->dom), args->to,
                                         args->flags, error);
}
