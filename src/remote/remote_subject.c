/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_subject.h"

#include "libxl/libxl_driver_node_device.h"
#include "libxl/libxl_driver_save.h"
#include "remote/remote_params.h"
#include "remote/remote_util.h"
#include "util/uuid.h"

RemoteSubject *
remote_subject_new(const char *name, const guint8 *uuid)
{
    RemoteSubject *subject = g_new0(RemoteSubject, 1);

    subject->name = g_utf8_make_valid(name, -1);
    if (uuid)
        uuid_format(uuid, subject->uuid);
    return subject;
}

void
remote_subject_free(RemoteSubject *subject)
{
    g_free(subject->name);
    g_free(subject);
}

GPtrArray *
remote_subjects_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)remote_subject_free);
}

/* @ref is freed; NULL: there is no such domain. */
static bool
take_ref(GPtrArray *subjects, LibxlDomainRef *ref)
{
    if (!ref)
        return false;
    g_ptr_array_add(subjects, remote_subject_new(ref->name, ref->uuid));
    libxl_domain_ref_free(ref);
    return true;
}

/* --- one ----------------------------------------------------------------------------- */

/* A client may give another name and id than the domain has. */
bool
remote_subject_domain(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_nonnull_domain *domain = call->args;

    return take_ref(subjects, libxl_driver_domain_lookup_by_uuid(
                                  call->driver, remote_domain_uuid(domain), error));
}

bool
remote_subject_node_device(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const char *name = *(const remote_nonnull_string *)call->args;

    if (!libxl_driver_node_device_lookup_by_name(call->driver, name, error))
        return false;
    g_ptr_array_add(subjects, remote_subject_new(name, NULL));
    return true;
}

bool
remote_subject_by_id(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_domain_lookup_by_id_args *args = call->args;

    return take_ref(subjects, libxl_driver_domain_lookup_by_id(call->driver, args->id, error));
}

bool
remote_subject_by_name(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_domain_lookup_by_name_args *args = call->args;

    return take_ref(subjects, libxl_driver_domain_lookup_by_name(call->driver, args->name, error));
}

bool
remote_subject_by_uuid(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_domain_lookup_by_uuid_args *args = call->args;

    return take_ref(subjects, libxl_driver_domain_lookup_by_uuid(
                                  call->driver, (const guint8 *)args->uuid, error));
}

bool
remote_subject_of_xml(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const char *xml = *(const remote_nonnull_string *)call->args;

    return take_ref(subjects, libxl_driver_domain_identify(call->driver, xml, error));
}

static bool
add_image(RemoteCall *call, const char *path, guint flags, GPtrArray *subjects, GError **error)
{
    call->image_xml = libxl_driver_domain_save_image_get_xml_desc(call->driver, path, flags, error);
    return call->image_xml &&
           take_ref(subjects, libxl_driver_domain_identify(call->driver, call->image_xml, error));
}

bool
remote_subject_of_image(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_domain_save_image_get_xml_desc_args *args = call->args;

    return add_image(call, args->file, args->flags, subjects, error);
}

bool
remote_subject_of_restore(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_domain_restore_args *args = call->args;

    return add_image(call, args->from, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE, subjects, error);
}

/* @xml: what is to be restored instead of what the image has; may be NULL. */
static bool
add_restored(RemoteCall *call, const char *path, const char *xml, GPtrArray *subjects,
             GError **error)
{
    if (xml)
        return take_ref(subjects, libxl_driver_domain_identify(call->driver, xml, error));
    return add_image(call, path, VIR_DOMAIN_SAVE_IMAGE_XML_SECURE, subjects, error);
}

bool
remote_subject_of_restore_flags(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_domain_restore_flags_args *args = call->args;

    return add_restored(call, args->from, args->dxml ? *args->dxml : NULL, subjects, error);
}

bool
remote_subject_of_restore_params(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_domain_restore_params_args *args = call->args;
    g_autoptr(GArray) params =
        remote_params_read(args->params.params_val, args->params.params_len, error);
    LibxlSaveParams read;

    if (!params || !libxl_restore_params_read(params, &read, error))
        return false;
    return add_restored(call, read.path, read.xml, subjects, error);
}

bool
remote_subject_of_redefined_image(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    const remote_domain_save_image_define_xml_args *args = call->args;

    return take_ref(subjects, libxl_driver_domain_identify(call->driver, args->dxml, error));
}

/* --- all ----------------------------------------------------------------------------- */

static bool
list_domains(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    g_autoptr(GPtrArray) refs = libxl_driver_connect_list_all_domains(call->driver, 0, error);

    for (guint i = 0; refs && i < refs->len; i++) {
        const LibxlDomainRef *ref = refs->pdata[i];

        g_ptr_array_add(subjects, remote_subject_new(ref->name, ref->uuid));
    }
    return refs != NULL;
}

static bool
list_node_devices(RemoteCall *call, GPtrArray *subjects, GError **error)
{
    g_autoptr(GPtrArray) names = libxl_driver_node_list_devices(call->driver, NULL, 0, error);

    for (guint i = 0; names && i < names->len; i++)
        g_ptr_array_add(subjects, remote_subject_new(names->pdata[i], NULL));
    return names != NULL;
}

const RemoteFilter remote_filter_domains = {REMOTE_OBJECT_DOMAIN, "org.libvirt.api.domain.getattr",
                                            list_domains};
const RemoteFilter remote_filter_domain_stats = {REMOTE_OBJECT_DOMAIN,
                                                 "org.libvirt.api.domain.read", list_domains};
const RemoteFilter remote_filter_node_devices = {
    REMOTE_OBJECT_NODE_DEVICE, "org.libvirt.api.node-device.getattr", list_node_devices};
