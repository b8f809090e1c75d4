/* Disks: <disk>; see disk_conf.h.
 *
 * The source is in disk_source_conf.c; what the whole domain decides (bus,
 * address, order), and the rules, in disk_domain.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/disk_conf.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_disk_device_names = {"disk", "cdrom", "floppy", "lun", NULL};

ConfNames domain_disk_bus_names = {"",    "ide", "fdc",  "scsi", "virtio", "xen",
                                   "usb", "uml", "sata", "sd",   NULL};

ConfNames domain_disk_format_names = {
    "",    "raw", "dir",   "bochs", "cloop", "dmg",   "iso", "vpc",  "vdi",
    "fat", "vhd", "ploop", "cow",   "qcow",  "qcow2", "qed", "vmdk", NULL,
};

ConfNames domain_disk_cache_names = {"default", "none", "writethrough", "writeback", "directsync",
                                     "unsafe",  NULL};

ConfNames domain_disk_discard_names = {"", "unmap", "ignore", NULL};

ConfNames domain_disk_io_names = {"", "native", "threads", "io_uring", NULL};

/* The most that a SCSI inquiry can say. */
#define VENDOR_MAX  8
#define PRODUCT_MAX 16

#define WWN_DIGITS 16

static const ConfXmlOrder driver_order[] = {{"metadata_cache"}, {NULL}};

static const ConfXmlOrder disk_order[] = {
    {"driver", driver_order},
    {"auth"},
    {"source", domain_disk_source_order},
    {"backingStore"},
    {"backenddomain"},
    {"geometry"},
    {"blockio"},
    {"mirror"},
    {"target"},
    {"iotune"},
    {"readonly"},
    {"shareable"},
    {"transient"},
    {"serial"},
    {"wwn"},
    {"vendor"},
    {"product"},
    {"encryption"},
    {"boot"},
    {"alias"},
    {"rom"},
    {"acpi"},
    {"address"},
    {NULL},
};

static const char *const disk_attributes[] = {"type", "device",   "model", "rawio",
                                              "sgio", "snapshot", NULL};

static const char *const driver_attributes[] = {
    "name",     "type",          "cache",       "error_policy", "rerror_policy",
    "io",       "ioeventfd",     "event_idx",   "copy_on_read", "discard",
    "iothread", "detect_zeroes", "queues",      "queue_size",   "iommu",
    "ats",      "packed",        "page_per_vq", NULL,
};

static const char *const source_attributes[] = {
    "type",        "file", "dev",    "dir",  "protocol",      "name",  "query", "tls",
    "tlsHostname", "pool", "volume", "mode", "startupPolicy", "index", NULL,
};

DomainDiskDef *
domain_disk_def_new(void)
{
    DomainDiskDef *def = g_new0(DomainDiskDef, 1);

    def->source.type = DOMAIN_DISK_SOURCE_FILE;
    def->source.hosts = domain_disk_hosts_new();
    return def;
}

void
domain_disk_def_free(DomainDiskDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    domain_disk_source_clear(&def->source);
    g_free(def->driver.name);
    g_free(def->backend_domain);
    g_free(def->target);
    g_free(def->serial);
    g_free(def->wwn);
    g_free(def->vendor);
    g_free(def->product);
    g_free(def);
}

/* "hda" is number 0, "hdz" 25, "hdaa" 26: digits of base 26 without a zero. */
int
domain_disk_target_index(const char *target, unsigned *partition)
{
    static const char *const prefixes[] = {"fd", "hd", "vd", "sd", "xvd", "ubd"};
    const char *letters = NULL;
    guint64 number = 0;
    gint64 index = -1;

    for (gsize i = 0; i < G_N_ELEMENTS(prefixes) && !letters; i++) {
        if (g_str_has_prefix(target, prefixes[i]))
            letters = target + strlen(prefixes[i]);
    }
    if (!letters)
        return -1;
    for (; g_ascii_islower(*letters) && index < G_MAXINT16; letters++)
        index = (index + 1) * 26 + (*letters - 'a');
    if (*letters && (!conf_parse_uint64(letters, &number) || number > G_MAXINT))
        return -1;
    if (partition)
        *partition = (unsigned)number;
    return (int)index;
}

bool
domain_disk_is_removable(const DomainDiskDef *def)
{
    return def->device == DOMAIN_DISK_DEVICE_CDROM || def->device == DOMAIN_DISK_DEVICE_FLOPPY;
}

/* --- parsing -------------------------------------------------------------- */

static bool
parse_format(DomainDiskDriver *driver, xmlNode *node, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, "type");
    int format;

    if (!text)
        return true;
    /* what blktap called a raw image */
    format = strcmp(text, "aio") == 0 ? (int)DOMAIN_DISK_FORMAT_RAW
                                      : conf_names_find(domain_disk_format_names, text);
    if (format < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("unknown driver format value '%s'"), text);
    driver->format = (DomainDiskFormat)format;
    return true;
}

/* They are kept, like others that Xen has no use for. */
static const char *
find_virtio_option(const xmlNode *node)
{
    static const char *const options[] = {"queues", "ioeventfd", "event_idx",  "iommu",
                                          "ats",    "packed",    "page_per_vq"};

    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        if (conf_xml_has_attr(node, options[i]))
            return options[i];
    }
    return NULL;
}

static bool
parse_driver(DomainDiskDriver *driver, xmlNode *node, GError **error)
{
    int cache = DOMAIN_DISK_CACHE_DEFAULT, discard = DOMAIN_DISK_DISCARD_DEFAULT;
    int io = DOMAIN_DISK_IO_DEFAULT;

    if (!node)
        return true;
    driver->name = conf_xml_attr(node, "name");
    driver->virtio_option = find_virtio_option(node);
    if (!conf_xml_attr_enum(node, "cache", domain_disk_cache_names, &cache, VIR_ERR_XML_ERROR,
                            error) ||
        !conf_xml_attr_enum(node, "discard", domain_disk_discard_names, &discard, VIR_ERR_XML_ERROR,
                            error) ||
        !conf_xml_attr_enum(node, "io", domain_disk_io_names, &io, VIR_ERR_XML_ERROR, error))
        return false;
    driver->cache = (DomainDiskCache)cache;
    driver->discard = (DomainDiskDiscard)discard;
    driver->io = (DomainDiskIo)io;
    return parse_format(driver, node, error);
}

static bool
parse_tray(DomainDiskDef *def, xmlNode *node, GError **error)
{
    static const char *const names[] = {"closed", "open", NULL};
    g_autofree char *text = conf_xml_attr(node, "tray");
    int tray;

    if (!text)
        return true;
    tray = conf_names_find(names, text);
    if (tray < 0)
        return conf_xml_refuse_attr(node, "tray", text, error);
    if (!domain_disk_is_removable(def))
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("tray is only valid for cdrom and floppy, not for disk '%s'"),
                                def->target ? def->target : "");
    def->tray_open = tray == 1;
    return true;
}

static bool
parse_target(DomainDiskDef *def, xmlNode *node, GError **error)
{
    int bus = DOMAIN_DISK_BUS_NONE;

    if (node) {
        def->target = conf_xml_attr(node, "dev");
        if (!conf_xml_attr_enum(node, "bus", domain_disk_bus_names, &bus, VIR_ERR_XML_ERROR,
                                error) ||
            !parse_tray(def, node, error) ||
            !conf_xml_attr_on_off(node, "removable", &def->removable, error))
            return false;
        def->bus = (DomainDiskBus)bus;
    }
    if (!def->target || !*def->target)
        return virtxl_error_set(error, VIR_ERR_NO_TARGET,
                                _("missing target information for device %s"),
                                def->source.path ? def->source.path : "");
    return true;
}

/* A World Wide Name: 16 hexadecimal digits, with or without 0x. */
static bool
check_wwn(const char *wwn, GError **error)
{
    const char *digits = wwn;

    if (!wwn)
        return true;
    if (g_str_has_prefix(wwn, "0x"))
        digits += 2;
    if (strlen(digits) != WWN_DIGITS || strspn(digits, "0123456789abcdefABCDEF") != WWN_DIGITS)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("Malformed wwn: %s"), wwn);
    return true;
}

static bool
check_inquiry(const char *name, const char *text, gsize limit, GError **error)
{
    if (!text)
        return true;
    if (strlen(text) > limit)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("disk %s is more than %zu characters: '%s'"), name, limit, text);
    for (const char *c = text; *c; c++) {
        if (!g_ascii_isprint(*c))
            return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("disk %s is not printable string"),
                                    name);
    }
    return true;
}

static bool
parse_identity(DomainDiskDef *def, xmlNode *node, GError **error)
{
    def->serial = conf_xml_child_text(node, "serial");
    def->wwn = conf_xml_child_text(node, "wwn");
    def->vendor = conf_xml_child_text(node, "vendor");
    def->product = conf_xml_child_text(node, "product");
    return check_wwn(def->wwn, error) && check_inquiry("vendor", def->vendor, VENDOR_MAX, error) &&
           check_inquiry("product", def->product, PRODUCT_MAX, error);
}

static bool
parse_disk(DomainDiskDef *def, xmlNode *node, GError **error)
{
    int type = DOMAIN_DISK_SOURCE_FILE, device = DOMAIN_DISK_DEVICE_DISK;
    xmlNode *source = conf_xml_child(node, "source");

    if (!conf_xml_attr_enum(node, "type", domain_disk_source_type_names, &type, VIR_ERR_XML_ERROR,
                            error) ||
        !conf_xml_attr_enum(node, "device", domain_disk_device_names, &device, VIR_ERR_XML_ERROR,
                            error) ||
        !conf_xml_attr_yes_no(node, "rawio", &def->rawio, error))
        return false;
    def->source.type = (DomainDiskSourceType)type;
    def->device = (DomainDiskDevice)device;
    def->backend_domain = conf_xml_child_attr(node, "backenddomain", "name");
    def->readonly = conf_xml_has_child(node, "readonly");
    def->shareable = conf_xml_has_child(node, "shareable");
    def->transient = conf_xml_has_child(node, "transient");
    return (!source || domain_disk_source_parse(&def->source, source, error)) &&
           parse_driver(&def->driver, conf_xml_child(node, "driver"), error) &&
           parse_target(def, conf_xml_child(node, "target"), error) &&
           parse_identity(def, node, error);
}

DomainDiskDef *
domain_disk_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainDiskDef) def = domain_disk_def_new();

    if (!parse_disk(def, node, error) ||
        !domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

/* --- formatting ----------------------------------------------------------- */

static void
format_driver(const DomainDiskDriver *driver, xmlNode *disk)
{
    xmlNode *node = conf_xml_add(disk, "driver");

    conf_xml_set(node, "name", driver->name);
    if (driver->format != DOMAIN_DISK_FORMAT_NONE)
        conf_xml_set(node, "type", domain_disk_format_names[driver->format]);
    if (driver->cache != DOMAIN_DISK_CACHE_DEFAULT)
        conf_xml_set(node, "cache", domain_disk_cache_names[driver->cache]);
    if (driver->io != DOMAIN_DISK_IO_DEFAULT)
        conf_xml_set(node, "io", domain_disk_io_names[driver->io]);
    if (driver->discard != DOMAIN_DISK_DISCARD_DEFAULT)
        conf_xml_set(node, "discard", domain_disk_discard_names[driver->discard]);
}

static void
format_target(const DomainDiskDef *def, xmlNode *disk)
{
    xmlNode *node = conf_xml_add(disk, "target");

    conf_xml_set(node, "dev", def->target);
    if (def->bus != DOMAIN_DISK_BUS_NONE)
        conf_xml_set(node, "bus", domain_disk_bus_names[def->bus]);
    if (def->tray_open)
        conf_xml_set(node, "tray", "open");
    conf_xml_set_on_off(node, "removable", def->removable);
}

static void
format_text(xmlNode *disk, const char *name, const char *text)
{
    if (text)
        conf_xml_add_text(disk, name, text);
}

static void
format_flag(xmlNode *disk, const char *name, bool flag)
{
    if (flag)
        conf_xml_add(disk, name);
}

/* What was kept is in by now. */
static void
tidy(xmlNode *disk)
{
    xmlNode *driver = conf_xml_written_child(disk, "driver");
    xmlNode *source = conf_xml_written_child(disk, "source");

    conf_xml_order_attributes(disk, disk_attributes);
    conf_xml_order_attributes(driver, driver_attributes);
    conf_xml_drop_if_empty(driver);
    if (source) {
        conf_xml_order_attributes(source, source_attributes);
        conf_xml_drop_if_empty(source);
    }
}

void
domain_disk_def_format(const DomainDiskDef *def, xmlNode *devices, unsigned flags)
{
    xmlNode *disk = conf_xml_add(devices, "disk");

    conf_xml_set(disk, "type", domain_disk_source_type_names[def->source.type]);
    conf_xml_set(disk, "device", domain_disk_device_names[def->device]);
    conf_xml_set_yes_no(disk, "rawio", def->rawio);
    format_driver(&def->driver, disk);
    domain_disk_source_format(&def->source, disk);
    conf_xml_add_with_attr(disk, "backenddomain", "name", def->backend_domain);
    format_target(def, disk);
    format_flag(disk, "readonly", def->readonly);
    format_flag(disk, "shareable", def->shareable);
    format_flag(disk, "transient", def->transient);
    format_text(disk, "serial", def->serial);
    format_text(disk, "wwn", def->wwn);
    format_text(disk, "vendor", def->vendor);
    format_text(disk, "product", def->product);
    domain_device_info_format_boot(&def->info, disk);
    domain_device_info_format(&def->info, disk, disk_order, flags);
    tidy(disk);
}
