/* Calls that turn definitions into Xen's own language and back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "remote/remote_handlers.h"
#include "remote_protocol.h"

bool
remote_connect_domain_xml_from_native(RemoteCall *call, gconstpointer data, gpointer result,
                                      GError **error)
{
    const remote_connect_domain_xml_from_native_args *args = data;
    remote_connect_domain_xml_from_native_ret *ret = result;

    ret->domainXml = libxl_driver_connect_domain_xml_from_native(
        call->driver, args->nativeFormat, args->nativeConfig, args->flags, error);
    return ret->domainXml != NULL;
}

bool
remote_connect_domain_xml_to_native(RemoteCall *call, gconstpointer data, gpointer result,
                                    GError **error)
{
    const remote_connect_domain_xml_to_native_args *args = data;
    remote_connect_domain_xml_to_native_ret *ret = result;

    ret->nativeConfig = libxl_driver_connect_domain_xml_to_native(
        call->driver, args->nativeFormat, args->domainXml, args->flags, error);
    return ret->nativeConfig != NULL;
}
