/* A disk in its domain: its place among the others, what it gets that nobody
 * wrote, and the rules for it; see disk_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "conf/disk_conf.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

/* libvirt guesses the bus from the name. */
static DomainDiskBus
default_bus(const DomainDiskDef *def)
{
    static const struct {
        const char *prefix;
        DomainDiskBus bus;
    } buses[] = {
        {"hd", DOMAIN_DISK_BUS_IDE},  {"sd", DOMAIN_DISK_BUS_SCSI}, {"vd", DOMAIN_DISK_BUS_VIRTIO},
        {"xvd", DOMAIN_DISK_BUS_XEN}, {"ubd", DOMAIN_DISK_BUS_UML},
    };

    if (def->device == DOMAIN_DISK_DEVICE_FLOPPY)
        return DOMAIN_DISK_BUS_FDC;
    for (gsize i = 0; i < G_N_ELEMENTS(buses); i++) {
        if (g_str_has_prefix(def->target, buses[i].prefix))
            return buses[i].bus;
    }
    return DOMAIN_DISK_BUS_IDE;
}

static DomainDiskBus
bus_of(const DomainDiskDef *def)
{
    return def->bus != DOMAIN_DISK_BUS_NONE ? def->bus : default_bus(def);
}

/* The disks of a bus stand together and in order: seen from the end, the first
 * one that isn't after the new one is the one before it. */
void
domain_disk_insert(GPtrArray *disks, gpointer disk)
{
    const DomainDiskDef *def = disk;
    int index = domain_disk_target_index(def->target, NULL);
    DomainDiskBus bus = bus_of(def);
    int place = -1;

    for (guint i = disks->len; i-- > 0;) {
        const DomainDiskDef *other = g_ptr_array_index(disks, i);

        if (bus_of(other) != bus)
            continue;
        if (domain_disk_target_index(other->target, NULL) <= index) {
            place = place < 0 ? (int)i + 1 : place;
            break;
        }
        place = (int)i;
    }
    g_ptr_array_insert(disks, place, disk);
}

/* A drive's place follows from its number: so many units on a bus, so many
 * buses on a controller. */
static const struct {
    unsigned buses, units;
} drive_layouts[] = {
    [DOMAIN_DISK_BUS_IDE] = {2, 2},  [DOMAIN_DISK_BUS_FDC] = {1, 2},
    [DOMAIN_DISK_BUS_SCSI] = {1, 7}, [DOMAIN_DISK_BUS_SATA] = {1, 6},
    [DOMAIN_DISK_BUS_SD] = {0, 0},
};

static bool
has_drive_address(DomainDiskBus bus)
{
    return drive_layouts[bus].units > 0;
}

static bool
complete_address(DomainDiskDef *def, GError **error)
{
    DomainDeviceAddress *address = &def->info.address;
    unsigned buses = drive_layouts[def->bus].buses, units = drive_layouts[def->bus].units;
    int index = domain_disk_target_index(def->target, NULL);
    unsigned number = (unsigned)index;

    if (address->type != DOMAIN_ADDRESS_NONE)
        return true;
    if (index < 0)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("Unknown disk name '%s' and no address specified"), def->target);
    if (!has_drive_address(def->bus))
        return true;
    address->type = DOMAIN_ADDRESS_DRIVE;
    address->drive.controller = number / (buses * units);
    address->drive.bus = number / units % buses;
    address->drive.unit = number % units;
    return true;
}

bool
domain_disk_complete(DomainDef *def G_GNUC_UNUSED, gpointer data,
                     const DomainParseContext *context G_GNUC_UNUSED, GError **error)
{
    DomainDiskDef *disk = data;

    disk->bus = bus_of(disk);
    if (disk->device == DOMAIN_DISK_DEVICE_CDROM)
        disk->readonly = true;
    /* an empty drive is of no type */
    if (domain_disk_is_removable(disk) && domain_disk_source_is_empty(&disk->source))
        disk->source.type = DOMAIN_DISK_SOURCE_FILE;
    if (disk->source.type == DOMAIN_DISK_SOURCE_NETWORK && !disk->driver.name)
        disk->driver.name = g_strdup("qemu");
    if (disk->driver.format == DOMAIN_DISK_FORMAT_NONE)
        disk->driver.format = DOMAIN_DISK_FORMAT_RAW;
    domain_disk_source_complete(&disk->source);
    return complete_address(disk, error);
}

void
domain_disk_change_medium(DomainDiskDef *disk, DomainDiskDef *from)
{
    DomainDiskSource old = disk->source;

    disk->source = from->source;
    from->source = old;
    if (from->driver.name) {
        g_free(disk->driver.name);
        disk->driver.name = g_steal_pointer(&from->driver.name);
    }
    if (from->driver.format != DOMAIN_DISK_FORMAT_NONE)
        disk->driver.format = from->driver.format;
    disk->tray_open = from->tray_open;
}

/* --- rules ---------------------------------------------------------------- */

static bool
validate_source(const DomainDiskDef *disk, GError **error)
{
    const DomainDiskSource *source = &disk->source;
    const char *policy = domain_disk_startup_policy_names[source->startup_policy];

    if (!domain_disk_is_removable(disk) && domain_disk_source_is_empty(source))
        return virtxl_error_set(error, VIR_ERR_NO_SOURCE,
                                _("missing source information for device %s"), disk->target);
    if (source->startup_policy == DOMAIN_DISK_STARTUP_DEFAULT)
        return true;
    if (source->type == DOMAIN_DISK_SOURCE_NETWORK)
        return virtxl_error_set(
            error, VIR_ERR_XML_ERROR,
            _("disk startupPolicy '%s' is not allowed for disk of 'network' type"), policy);
    if (source->startup_policy == DOMAIN_DISK_STARTUP_REQUISITE && !domain_disk_is_removable(disk))
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("disk startupPolicy '%s' is allowed only for cdrom or floppy"),
                                policy);
    return true;
}

static bool
validate_lun(const DomainDiskDef *disk, GError **error)
{
    const DomainDiskSource *source = &disk->source;
    bool is_iscsi = source->type == DOMAIN_DISK_SOURCE_NETWORK &&
                    source->protocol == DOMAIN_DISK_PROTOCOL_ISCSI;

    if (disk->device != DOMAIN_DISK_DEVICE_LUN) {
        if (disk->rawio != CONF_TRISTATE_ABSENT)
            return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                    _("rawio can be used only with device='lun', not for '%s'"),
                                    disk->target);
        return true;
    }
    if (source->type != DOMAIN_DISK_SOURCE_BLOCK && source->type != DOMAIN_DISK_SOURCE_VOLUME &&
        !is_iscsi)
        return virtxl_error_set(
            error, VIR_ERR_CONFIG_UNSUPPORTED,
            _("disk device='lun' is only valid for block type disk source, not for '%s'"),
            disk->target);
    if (disk->driver.format > DOMAIN_DISK_FORMAT_RAW)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("disk device 'lun' must use 'raw' format, not '%s'"),
                                domain_disk_format_names[disk->driver.format]);
    return true;
}

static bool
validate_bus(const DomainDiskDef *disk, GError **error)
{
    bool is_floppy = disk->device == DOMAIN_DISK_DEVICE_FLOPPY;
    DomainAddressType type = disk->info.address.type;

    if (is_floppy && disk->bus != DOMAIN_DISK_BUS_FDC)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("Invalid bus type '%s' for floppy disk"),
                                domain_disk_bus_names[disk->bus]);
    if (!is_floppy && disk->bus == DOMAIN_DISK_BUS_FDC)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("Invalid bus type 'fdc' for disk '%s'"), disk->target);
    if (has_drive_address(disk->bus) && type != DOMAIN_ADDRESS_NONE &&
        type != DOMAIN_ADDRESS_DRIVE && type != DOMAIN_ADDRESS_OTHER)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("Invalid address type for the disk '%s' with the bus type '%s'"),
                                disk->target, domain_disk_bus_names[disk->bus]);
    if (disk->driver.virtio_option && disk->bus != DOMAIN_DISK_BUS_VIRTIO)
        return virtxl_error_set(
            error, VIR_ERR_CONFIG_UNSUPPORTED,
            _("disk driver option '%s' is supported only for bus 'virtio', not for disk '%s'"),
            disk->driver.virtio_option, disk->target);
    if (disk->source.type == DOMAIN_DISK_SOURCE_VHOST_USER && disk->bus != DOMAIN_DISK_BUS_VIRTIO)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("vhostuser disk '%s' supports only bus 'virtio'"), disk->target);
    if (disk->removable != CONF_TRISTATE_ABSENT && disk->bus != DOMAIN_DISK_BUS_USB)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("removable is only valid for usb disks, not for '%s'"),
                                disk->target);
    return true;
}

static bool
validate_target(const DomainDiskDef *disk, GError **error)
{
    static const char *const disk_prefixes[] = {"hd", "sd", "vd", "xvd", "ubd", NULL};
    static const char *const floppy_prefixes[] = {"fd", NULL};
    bool is_floppy = disk->device == DOMAIN_DISK_DEVICE_FLOPPY;

    if (!is_floppy && disk->device != DOMAIN_DISK_DEVICE_DISK)
        return true;
    for (const char *const *prefix = is_floppy ? floppy_prefixes : disk_prefixes; *prefix;
         prefix++) {
        if (g_str_has_prefix(disk->target, *prefix))
            return true;
    }
    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                            is_floppy ? _("Invalid floppy device name: %s")
                                      : _("Invalid harddisk device name: %s"),
                            disk->target);
}

bool
domain_disk_validate(const DomainDef *def G_GNUC_UNUSED, gconstpointer data, GError **error)
{
    const DomainDiskDef *disk = data;

    return validate_source(disk, error) && validate_lun(disk, error) && validate_bus(disk, error) &&
           validate_target(disk, error);
}

static const char *
source_name(const DomainDiskDef *disk)
{
    const DomainDiskSource *source = &disk->source;

    return source->path ? source->path : source->name ? source->name : "";
}

static bool
check_target_unique(GHashTable *targets, const DomainDiskDef *disk, GError **error)
{
    const DomainDiskDef *other = g_hash_table_lookup(targets, disk->target);

    if (other)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                _("target '%s' duplicated for disk sources '%s' and '%s'"),
                                disk->target, source_name(other), source_name(disk));
    g_hash_table_insert(targets, disk->target, (gpointer)disk);
    return true;
}

static bool
check_address_unique(GHashTable *addresses, const DomainDiskDef *disk, GError **error)
{
    const DomainDeviceAddress *address = &disk->info.address;
    const DomainDiskDef *other;
    char *key;

    if (address->type != DOMAIN_ADDRESS_DRIVE)
        return true;
    key = g_strdup_printf("%d: controller='%u' bus='%u' target='%u' unit='%u'", (int)disk->bus,
                          address->drive.controller, address->drive.bus, address->drive.target,
                          address->drive.unit);
    other = g_hash_table_lookup(addresses, key);
    if (other)
        virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                         _("Found duplicate drive address for disk with target name '%s' %s"),
                         other->target, strchr(key, ' ') + 1);
    g_hash_table_insert(addresses, key, (gpointer)disk);
    return !other;
}

bool
domain_disks_validate(const DomainDef *def, GError **error)
{
    g_autoptr(GHashTable) targets = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) addresses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < def->disks->len; i++) {
        const DomainDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (!check_target_unique(targets, disk, error) ||
            !check_address_unique(addresses, disk, error))
            return false;
    }
    return true;
}
