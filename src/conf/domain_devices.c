/* The table of device families; see domain_devices.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_devices.h"

#include <string.h>

#include "conf/chr_domain.h"
#include "conf/controller_conf.h"
#include "conf/disk_conf.h"
#include "conf/graphics_conf.h"
#include "conf/hostdev_conf.h"
#include "conf/input_conf.h"
#include "conf/memballoon_conf.h"
#include "conf/net_conf.h"
#include "conf/sound_conf.h"
#include "conf/video_conf.h"
#include "util/error.h"
#include "util/i18n.h"

/* The functions that every family has, cast to what the table takes. */
#define FAMILY(name, array, prefix)                                                                \
    .element = name, .offset = offsetof(DomainDef, array),                                         \
    .parse = (gpointer(*)(xmlNode *, const DomainParseContext *, GError **))prefix##_def_parse,    \
    .format = (void (*)(gconstpointer, xmlNode *, unsigned))prefix##_def_format,                   \
    .free = (void (*)(gpointer))prefix##_def_free

const DomainDeviceFamily domain_device_families[] = {
    {FAMILY("disk", disks, domain_disk), .insert = domain_disk_insert,
     .complete = domain_disk_complete, .validate = domain_disk_validate,
     .validate_all = domain_disks_validate},
    {FAMILY("controller", controllers, domain_controller), .insert = domain_controller_insert,
     .complete = domain_controller_complete, .imply = domain_controller_imply,
     .validate = domain_controller_validate, .validate_all = domain_controllers_validate},
    {FAMILY("interface", nets, domain_net), .complete = domain_net_complete,
     .validate = domain_net_validate},
    {FAMILY("serial", serials, domain_chr), .complete = domain_chr_complete,
     .validate = domain_chr_validate},
    {FAMILY("parallel", parallels, domain_chr), .complete = domain_chr_complete,
     .validate = domain_chr_validate},
    {FAMILY("console", consoles, domain_chr), .imply = domain_chr_imply_consoles,
     .validate = domain_chr_validate},
    {FAMILY("channel", channels, domain_chr), .validate = domain_chr_validate},
    {FAMILY("input", inputs, domain_input), .complete = domain_input_complete,
     .imply = domain_input_imply, .validate = domain_input_validate},
    {FAMILY("graphics", graphics, domain_graphics), .complete = domain_graphics_complete},
    {FAMILY("sound", sounds, domain_sound), .validate = domain_sound_validate},
    {FAMILY("video", videos, domain_video), .insert = domain_video_insert,
     .complete = domain_video_complete, .imply = domain_video_imply,
     .validate = domain_video_validate, .validate_all = domain_videos_validate},
    {FAMILY("hostdev", hostdevs, domain_hostdev), .complete = domain_hostdev_complete,
     .validate = domain_hostdev_validate, .validate_all = domain_hostdevs_validate},
    {FAMILY("memballoon", memballoons, domain_memballoon), .imply = domain_memballoon_imply,
     .validate_all = domain_memballoons_validate},
    {.element = NULL},
};

const ConfXmlOrder domain_devices_order[] = {
    {"emulator"},  {"disk"},        {"controller"}, {"lease"},    {"filesystem"}, {"interface"},
    {"smartcard"}, {"serial"},      {"parallel"},   {"console"},  {"channel"},    {"input"},
    {"tpm"},       {"graphics"},    {"sound"},      {"audio"},    {"video"},      {"hostdev"},
    {"redirdev"},  {"redirfilter"}, {"hub"},        {"watchdog"}, {"memballoon"}, {"rng"},
    {"nvram"},     {"panic"},       {"shmem"},      {"memory"},   {"iommu"},      {"vsock"},
    {"crypto"},    {NULL},
};

GPtrArray *
domain_def_devices(const DomainDef *def, const DomainDeviceFamily *family)
{
    return G_STRUCT_MEMBER(GPtrArray *, def, family->offset);
}

const DomainDeviceFamily *
domain_device_family_find(const char *element)
{
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        if (strcmp(family->element, element) == 0)
            return family;
    }
    return NULL;
}

bool
domain_devices_parse(DomainDef *def, xmlNode *node, const DomainParseContext *context,
                     GError **error)
{
    for (xmlNode *child = NULL; (child = conf_xml_next_child(node, child, NULL));) {
        const DomainDeviceFamily *family = domain_device_family_find((const char *)child->name);
        gpointer device;

        if (!family || child->ns)
            continue;
        conf_xml_see(child);
        device = family->parse(child, context, error);
        if (!device)
            return false;
        if (family->insert)
            family->insert(domain_def_devices(def, family), device);
        else
            g_ptr_array_add(domain_def_devices(def, family), device);
    }
    return true;
}

void
domain_devices_format(const DomainDef *def, xmlNode *devices, unsigned flags)
{
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        const GPtrArray *array = domain_def_devices(def, family);

        for (guint i = 0; i < array->len; i++)
            family->format(g_ptr_array_index(array, i), devices, flags);
    }
}

void
domain_def_foreach_device(const DomainDef *def, DomainDeviceFunction function, gpointer data)
{
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        const GPtrArray *array = domain_def_devices(def, family);

        for (guint i = 0; i < array->len; i++)
            function(family, g_ptr_array_index(array, i), data);
    }
}

bool
domain_devices_complete(DomainDef *def, const DomainParseContext *context, GError **error)
{
    const DomainDeviceFamily *family;

    for (family = domain_device_families; family->element; family++) {
        const GPtrArray *array = domain_def_devices(def, family);

        for (guint i = 0; family->complete && i < array->len; i++) {
            if (!family->complete(def, g_ptr_array_index(array, i), context, error))
                return false;
        }
    }
    for (family = domain_device_families; family->element; family++) {
        if (family->imply && !family->imply(def, context, error))
            return false;
    }
    return true;
}

typedef struct {
    const DomainDef *def;
    GHashTable *orders;
    GError **error;
    bool ok;
} BootCheck;

static void
check_boot_order(const DomainDeviceFamily *family G_GNUC_UNUSED, gpointer device, gpointer data)
{
    const DomainDeviceInfo *info = device;
    BootCheck *check = data;

    if (!check->ok || info->boot_order == 0)
        return;
    if (check->def->os.n_boot > 0)
        check->ok = virtxl_error_set(
            check->error, VIR_ERR_CONFIG_UNSUPPORTED,
            _("per-device boot elements cannot be used together with os/boot elements"));
    else if (!g_hash_table_add(check->orders, GUINT_TO_POINTER(info->boot_order)))
        check->ok =
            virtxl_error_set(check->error, VIR_ERR_CONFIG_UNSUPPORTED,
                             _("boot order '%u' used for more than one device"), info->boot_order);
}

static bool
validate_boot_orders(const DomainDef *def, GError **error)
{
    g_autoptr(GHashTable) orders = g_hash_table_new(NULL, NULL);
    BootCheck check = {.def = def, .orders = orders, .error = error, .ok = true};

    domain_def_foreach_device(def, check_boot_order, &check);
    return check.ok;
}

static bool
validate_family(const DomainDef *def, const DomainDeviceFamily *family, GError **error)
{
    const GPtrArray *array = domain_def_devices(def, family);

    for (guint i = 0; family->validate && i < array->len; i++) {
        if (!family->validate(def, g_ptr_array_index(array, i), error))
            return false;
    }
    return !family->validate_all || family->validate_all(def, error);
}

bool
domain_devices_validate(const DomainDef *def, GError **error)
{
    for (const DomainDeviceFamily *family = domain_device_families; family->element; family++) {
        if (!validate_family(def, family, error))
            return false;
    }
    return validate_boot_orders(def, error);
}
