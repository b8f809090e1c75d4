/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_device.h"

#include <string.h>

#include "conf/controller_conf.h"
#include "conf/disk_conf.h"
#include "conf/hostdev_conf.h"
#include "conf/net_conf.h"
#include "libxl/libxl_channel_hotplug.h"
#include "libxl/libxl_conf.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- disks: by target --------------------------------------------------------- */

static char *
describe_disk(gconstpointer device)
{
    return g_strdup_printf("disk '%s'", ((const DomainDiskDef *)device)->target);
}

static bool
is_same_disk(gconstpointer device, gconstpointer other)
{
    return strcmp(((const DomainDiskDef *)device)->target,
                  ((const DomainDiskDef *)other)->target) == 0;
}

static gpointer
find_disk(const DomainDef *def, const DomainDevice *wanted, GError **error G_GNUC_UNUSED)
{
    for (guint i = 0; i < def->disks->len; i++) {
        if (is_same_disk(def->disks->pdata[i], wanted->device))
            return def->disks->pdata[i];
    }
    return NULL;
}

static bool
update_disk(const DomainDef *def, gpointer device, gpointer from, GError **error)
{
    DomainDiskDef *disk = device, *next = from;

    if (!domain_disk_is_removable(disk) || next->device != disk->device)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("domain '%s': of disk '%s' nothing can be changed but the medium "
                                  "of a cdrom or floppy drive"),
                                def->name, disk->target);
    domain_disk_change_medium(disk, next);
    return true;
}

/* What emulated hardware has stays as it is. */
static bool
check_hotplug_disk(const DomainDef *def, gconstpointer device, GError **error)
{
    const DomainDiskDef *disk = device;

    if (disk->device == DOMAIN_DISK_DEVICE_DISK && disk->bus == DOMAIN_DISK_BUS_XEN)
        return true;
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("domain '%s': disk '%s', a %s on bus '%s', cannot come or go while "
                              "the domain runs; a disk on bus 'xen' can"),
                            def->name, disk->target, domain_disk_device_names[disk->device],
                            domain_disk_bus_names[disk->bus]);
}

static bool
map_disk(const DomainDef *def, gconstpointer device, XenDevice *xen, GError **error)
{
    xen_device_init(xen, XEN_DEVICE_DISK);
    return libxl_conf_map_disk(def, device, &xen->disk, error);
}

/* --- interfaces: by MAC address ------------------------------------------------- */

static char *
describe_net(gconstpointer device)
{
    g_autofree char *mac = domain_net_mac_string(((const DomainNetDef *)device)->mac);

    return g_strdup_printf("network interface %s", mac);
}

static bool
is_same_net(gconstpointer device, gconstpointer other)
{
    return memcmp(((const DomainNetDef *)device)->mac, ((const DomainNetDef *)other)->mac,
                  DOMAIN_NET_MAC_LENGTH) == 0;
}

/* Where the XML has an address of the guest's hardware, it is that one. */
static bool
has_address(const DomainNetDef *net, const DomainDeviceInfo *wanted)
{
    return wanted->address.type != DOMAIN_ADDRESS_PCI ||
           (net->info.address.type == DOMAIN_ADDRESS_PCI &&
            domain_pci_address_equal(&net->info.address, &wanted->address));
}

/* One without a MAC address means the only one that there is. */
static gpointer
find_net(const DomainDef *def, const DomainDevice *wanted, GError **error)
{
    const DomainNetDef *like = wanted->device;
    gpointer found = NULL;

    for (guint i = 0; i < def->nets->len; i++) {
        if ((!like->mac_generated && !is_same_net(def->nets->pdata[i], like)) ||
            !has_address(def->nets->pdata[i], &like->info))
            continue;
        if (found) {
            virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                             _("domain '%s': several interfaces match; name one by its MAC "
                               "address"),
                             def->name);
            return NULL;
        }
        found = def->nets->pdata[i];
    }
    return found;
}

/* libxl chooses the device id. */
static bool
map_net(const DomainDef *def, gconstpointer device, XenDevice *xen, GError **error)
{
    xen_device_init(xen, XEN_DEVICE_NIC);
    xen->nic.devid = -1;
    return libxl_conf_map_net(def, device, &xen->nic, error);
}

/* --- controllers: by type and number ---------------------------------------------- */

static char *
describe_controller(gconstpointer device)
{
    const DomainControllerDef *controller = device;

    return g_strdup_printf("controller '%s' %d", domain_controller_type_names[controller->type],
                           controller->index);
}

static bool
is_same_controller(gconstpointer device, gconstpointer other)
{
    const DomainControllerDef *left = device, *right = other;

    return left->type == right->type && left->index == right->index;
}

static gpointer
find_controller(const DomainDef *def, const DomainDevice *wanted, GError **error G_GNUC_UNUSED)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        if (is_same_controller(def->controllers->pdata[i], wanted->device))
            return def->controllers->pdata[i];
    }
    return NULL;
}

static bool
check_hotplug_controller(const DomainDef *def, gconstpointer device, GError **error)
{
    const DomainControllerDef *controller = device;

    if (controller->type == DOMAIN_CONTROLLER_USB)
        return true;
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                            _("domain '%s': a controller of type '%s' cannot come or go while the "
                              "domain runs; one of type 'usb' can"),
                            def->name, domain_controller_type_names[controller->type]);
}

static bool
map_controller(const DomainDef *def, gconstpointer device, XenDevice *xen, GError **error)
{
    xen_device_init(xen, XEN_DEVICE_USBCTRL);
    return libxl_conf_map_usb(def, device, &xen->usbctrl, error);
}

/* --- devices of the host: by where they are there ------------------------------------ */

static char *
describe_hostdev(gconstpointer device)
{
    const DomainHostdevDef *hostdev = device;
    const DomainDeviceAddress *address = &hostdev->pci;

    if (hostdev->type == DOMAIN_HOSTDEV_PCI)
        return g_strdup_printf("host device %04x:%02x:%02x.%x", address->pci.domain,
                               address->pci.bus, address->pci.slot, address->pci.function);
    if (hostdev->type == DOMAIN_HOSTDEV_OTHER)
        return g_strdup_printf("host device of type '%s'", hostdev->type_name);
    if (hostdev->usb.has_address)
        return g_strdup_printf("host device on USB bus %u, device %u", hostdev->usb.bus,
                               hostdev->usb.device);
    return g_strdup_printf("host device with USB id %04x:%04x", hostdev->usb.vendor,
                           hostdev->usb.product);
}

static bool
is_same_usb(const DomainHostdevDef *left, const DomainHostdevDef *right)
{
    if (left->usb.has_address && right->usb.has_address)
        return left->usb.bus == right->usb.bus && left->usb.device == right->usb.device;
    return left->usb.vendor == right->usb.vendor && left->usb.product == right->usb.product;
}

static bool
is_same_hostdev(gconstpointer device, gconstpointer other)
{
    const DomainHostdevDef *left = device, *right = other;

    if (left->type != right->type)
        return false;
    if (left->type == DOMAIN_HOSTDEV_PCI)
        return domain_pci_address_equal(&left->pci, &right->pci);
    return left->type == DOMAIN_HOSTDEV_USB && is_same_usb(left, right);
}

static gpointer
find_hostdev(const DomainDef *def, const DomainDevice *wanted, GError **error G_GNUC_UNUSED)
{
    for (guint i = 0; i < def->hostdevs->len; i++) {
        if (is_same_hostdev(wanted->device, def->hostdevs->pdata[i]))
            return def->hostdevs->pdata[i];
    }
    return NULL;
}

static bool
map_hostdev(const DomainDef *def, gconstpointer device, XenDevice *xen, GError **error)
{
    const DomainHostdevDef *hostdev = device;

    if (!libxl_conf_check_hostdev(def, hostdev, error))
        return false;
    if (hostdev->type == DOMAIN_HOSTDEV_PCI) {
        xen_device_init(xen, XEN_DEVICE_PCI);
        return libxl_conf_map_pci(def, hostdev, &xen->pci, error);
    }
    xen_device_init(xen, XEN_DEVICE_USBDEV);
    return libxl_conf_map_usbdev(def, hostdev, &xen->usbdev, error);
}

/* --- channels: by name ------------------------------------------------------------- */

static char *
describe_channel(gconstpointer device)
{
    const DomainChrDef *channel = device;

    return channel->target_name ? g_strdup_printf("channel named '%s'", channel->target_name)
                                : g_strdup("channel");
}

static gpointer
find_channel(const DomainDef *def, const DomainDevice *wanted, GError **error G_GNUC_UNUSED)
{
    return libxl_channel_find(def, wanted);
}

static bool
is_same_channel(gconstpointer device, gconstpointer other)
{
    const DomainChrDef *left = device, *right = other;

    return left->target_name && g_strcmp0(left->target_name, right->target_name) == 0;
}

static bool
detach_channel(LibxlDriver *driver, LibxlDomain *domain, gconstpointer device, bool force,
               GError **error)
{
    return libxl_channel_detach(driver, domain, device, force, error);
}

/* --- the table ---------------------------------------------------------------------- */

static const LibxlDeviceFamily rows[] = {
    {"disk", describe_disk, find_disk, is_same_disk, VIR_ERR_OPERATION_FAILED,
     .update = update_disk, .check_hotplug = check_hotplug_disk, .map = map_disk},
    {"controller", describe_controller, find_controller, is_same_controller,
     VIR_ERR_OPERATION_FAILED, .check_hotplug = check_hotplug_controller, .map = map_controller},
    {"interface", describe_net, find_net, is_same_net, VIR_ERR_OPERATION_FAILED, .map = map_net},
    {"hostdev", describe_hostdev, find_hostdev, is_same_hostdev, VIR_ERR_OPERATION_FAILED,
     .map = map_hostdev},
    {"channel", describe_channel, find_channel, is_same_channel, VIR_ERR_OPERATION_INVALID,
     .attach = libxl_channel_attach, .detach = detach_channel},
};

const LibxlDeviceFamily *
libxl_device_family(const DomainDeviceFamily *family)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].element, family->element) == 0)
            return &rows[i];
    }
    return NULL;
}

gpointer
libxl_device_find(const DomainDef *def, const DomainDevice *wanted, GError **error)
{
    const LibxlDeviceFamily *row = libxl_device_family(wanted->family);
    g_autofree char *words =
        row ? row->describe(wanted->device) : g_strdup(wanted->family->element);
    g_autoptr(GError) detail = NULL;
    gpointer found = row ? row->find(def, wanted, &detail) : domain_def_find_device(def, wanted);

    if (!found && detail)
        g_propagate_error(error, g_steal_pointer(&detail));
    else if (!found)
        virtxl_error_set(error, VIR_ERR_DEVICE_MISSING, _("domain '%s' has no such %s"), def->name,
                         words);
    return found;
}

bool
libxl_device_check_is_new(const DomainDef *def, const DomainDevice *device, GError **error)
{
    const LibxlDeviceFamily *row = libxl_device_family(device->family);
    const GPtrArray *others = domain_def_devices(def, device->family);
    const DomainDeviceInfo *info = device->device;
    const DomainDeviceFamily *family;

    for (guint i = 0; row && i < others->len; i++) {
        g_autofree char *words = row->describe(device->device);

        if (row->is_same(device->device, others->pdata[i]))
            return virtxl_error_set(error, (int)row->same_code, _("domain '%s' already has a %s"),
                                    def->name, words);
    }
    if (!info->alias || !domain_def_find_alias(def, info->alias, &family))
        return true;
    return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("domain '%s': non unique alias '%s'"),
                            def->name, info->alias);
}

bool
libxl_device_map(const LibxlDeviceFamily *row, const DomainDef *def, gconstpointer device,
                 XenDevice *xen, GError **error)
{
    return (!row->check_hotplug || row->check_hotplug(def, device, error)) &&
           row->map(def, device, xen, error);
}

/* --- aliases -------------------------------------------------------------------------- */

/* The first of "@prefix0", "@prefix1", ... that no device has. */
static char *
first_free(const DomainDef *live, const char *prefix)
{
    const DomainDeviceFamily *family;

    for (guint i = 0;; i++) {
        g_autofree char *alias = g_strdup_printf("%s%u", prefix, i);

        if (!domain_def_find_alias(live, alias, &family))
            return g_steal_pointer(&alias);
    }
}

static char *
name_disk(const DomainDef *live, const DomainDiskDef *disk)
{
    const DomainDeviceAddress *address = &disk->info.address;
    const char *bus = domain_disk_bus_names[disk->bus];
    g_autofree char *prefix = g_strdup_printf("%s-disk", bus);

    if (address->type == DOMAIN_ADDRESS_DRIVE)
        return g_strdup_printf("%s%u-%u-%u", bus, address->drive.controller, address->drive.bus,
                               address->drive.unit);
    return first_free(live, prefix);
}

static void
name_if_nameless(DomainDeviceInfo *info, char *alias)
{
    if (info->alias)
        g_free(alias);
    else
        info->alias = alias;
}

void
libxl_device_name_all(DomainDef *live)
{
    for (guint i = 0; i < live->disks->len; i++) {
        DomainDiskDef *disk = live->disks->pdata[i];

        name_if_nameless(&disk->info, name_disk(live, disk));
    }
    for (guint i = 0; i < live->nets->len; i++) {
        DomainNetDef *net = live->nets->pdata[i];

        name_if_nameless(&net->info, first_free(live, "net"));
    }
    for (guint i = 0; i < live->hostdevs->len; i++) {
        DomainHostdevDef *hostdev = live->hostdevs->pdata[i];

        name_if_nameless(&hostdev->info, first_free(live, "hostdev"));
    }
    for (guint i = 0; i < live->controllers->len; i++) {
        DomainControllerDef *controller = live->controllers->pdata[i];

        name_if_nameless(&controller->info,
                         g_strdup_printf("%s%d", domain_controller_type_names[controller->type],
                                         controller->index));
    }
}
