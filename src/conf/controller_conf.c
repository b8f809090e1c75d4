/* Controllers: <controller>; see controller_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/controller_conf.h"

#include <string.h>

#include "conf/conf_xml_tools.h"
#include "conf/disk_conf.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_controller_type_names = {
    "ide", "fdc", "scsi", "sata", "virtio-serial", "ccid", "usb", "pci", "xenbus", "isa", NULL,
};

static const char *const no_models[] = {NULL};

static const char *const virtio_models[] = {"virtio", "virtio-transitional",
                                            "virtio-non-transitional", NULL};

static const char *const scsi_models[] = {
    "auto",
    "buslogic",
    "lsilogic",
    "lsisas1068",
    "vmpvscsi",
    "ibmvscsi",
    "virtio-scsi",
    "lsisas1078",
    "virtio-transitional",
    "virtio-non-transitional",
    "ncr53c90",
    "dc390",
    "am53c974",
    NULL,
};

static const char *const usb_models[] = {
    "piix3-uhci", "piix4-uhci", "ehci",           "ich9-ehci1", "ich9-uhci1",
    "ich9-uhci2", "ich9-uhci3", "vt82c686b-uhci", "pci-ohci",   "nec-xhci",
    "qusb1",      "qusb2",      "qemu-xhci",      "none",       NULL,
};

static const char *const pci_models[] = {
    "pci-root",
    "pcie-root",
    "pci-bridge",
    "dmi-to-pci-bridge",
    "pcie-to-pci-bridge",
    "pcie-root-port",
    "pcie-switch-upstream-port",
    "pcie-switch-downstream-port",
    "pci-expander-bus",
    "pcie-expander-bus",
    NULL,
};

static const char *const ide_models[] = {"piix3", "piix4", "ich6", NULL};

/* The models that a type has. */
static const char *const *const models[] = {
    [DOMAIN_CONTROLLER_IDE] = ide_models,
    [DOMAIN_CONTROLLER_FDC] = no_models,
    [DOMAIN_CONTROLLER_SCSI] = scsi_models,
    [DOMAIN_CONTROLLER_SATA] = no_models,
    [DOMAIN_CONTROLLER_VIRTIO_SERIAL] = virtio_models,
    [DOMAIN_CONTROLLER_CCID] = no_models,
    [DOMAIN_CONTROLLER_USB] = usb_models,
    [DOMAIN_CONTROLLER_PCI] = pci_models,
    [DOMAIN_CONTROLLER_XENBUS] = no_models,
    [DOMAIN_CONTROLLER_ISA] = no_models,
};

/* No controller that an address asks for is added past this number: an address
 * must not cost a million of them. */
#define CONTROLLER_INDEX_MAX 1024u

#define ONLY(type) (1u << DOMAIN_CONTROLLER_##type)

/* Numbers that a controller of some types has; -1 in DomainControllerDef: not
 * set. In the order of output. */
static const struct {
    const char *name;
    gsize offset;   /* in DomainControllerDef */
    unsigned types; /* that have it */
} numbers[] = {
    {"ports", offsetof(DomainControllerDef, ports), ONLY(USB) | ONLY(VIRTIO_SERIAL)},
    {"vectors", offsetof(DomainControllerDef, vectors), ONLY(VIRTIO_SERIAL)},
    {"maxGrantFrames", offsetof(DomainControllerDef, max_grant_frames), ONLY(XENBUS)},
    {"maxEventChannels", offsetof(DomainControllerDef, max_event_channels), ONLY(XENBUS)},
};

static const ConfXmlOrder controller_order[] = {
    {"model"}, {"target"}, {"driver"},  {"alias"},     {"master"},
    {"rom"},   {"acpi"},   {"address"}, {"pcihole64"}, {NULL},
};

DomainControllerDef *
domain_controller_def_new(DomainControllerType type, int index)
{
    DomainControllerDef *def = g_new0(DomainControllerDef, 1);

    def->type = type;
    def->index = index;
    def->master_start_port = -1;
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        G_STRUCT_MEMBER(int, def, numbers[i].offset) = -1;
    return def;
}

void
domain_controller_def_free(DomainControllerDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    g_free(def->model);
    g_free(def);
}

static void
controller_free(gpointer def)
{
    domain_controller_def_free(def);
}

/* --- parsing -------------------------------------------------------------- */

/* An attribute that isn't negative if it is there. */
static bool
parse_number(xmlNode *node, const char *name, int *number, GError **error)
{
    g_autofree char *text = conf_xml_attr(node, name);
    guint64 value;

    if (!text)
        return true;
    if (!conf_parse_uint64(text, &value) || value > G_MAXINT)
        return conf_xml_refuse_attr(node, name, text, error);
    *number = (int)value;
    return true;
}

static bool
parse_numbers(DomainControllerDef *def, xmlNode *node, GError **error)
{
    xmlNode *master = conf_xml_child(node, "master");

    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if ((numbers[i].types & (1u << def->type)) &&
            !parse_number(node, numbers[i].name, G_STRUCT_MEMBER_P(def, numbers[i].offset), error))
            return false;
    }
    return parse_number(node, "index", &def->index, error) &&
           (!master || parse_number(master, "startport", &def->master_start_port, error));
}

static bool
parse_controller(DomainControllerDef *def, xmlNode *node, GError **error)
{
    int type = DOMAIN_CONTROLLER_IDE;

    if (!conf_xml_attr_enum(node, "type", domain_controller_type_names, &type, VIR_ERR_XML_ERROR,
                            error))
        return false;
    def->type = (DomainControllerType)type;
    def->model = conf_xml_attr(node, "model");
    if (def->model && conf_names_find(models[type], def->model) < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("Unknown model type '%s' of a controller of type '%s'"),
                                def->model, domain_controller_type_names[type]);
    return parse_numbers(def, node, error);
}

DomainControllerDef *
domain_controller_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainControllerDef) def = domain_controller_def_new(DOMAIN_CONTROLLER_IDE, -1);

    if (!parse_controller(def, node, error) ||
        !domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

/* --- formatting ----------------------------------------------------------- */

static const char *const controller_attributes[] = {"type",  "index",   "model",
                                                    "ports", "vectors", NULL};

void
domain_controller_def_format(const DomainControllerDef *def, xmlNode *devices, unsigned flags)
{
    xmlNode *controller = conf_xml_add(devices, "controller");

    conf_xml_set(controller, "type", domain_controller_type_names[def->type]);
    if (def->index >= 0)
        conf_xml_setf(controller, "index", "%d", def->index);
    conf_xml_set(controller, "model", def->model);
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        int number = G_STRUCT_MEMBER(int, def, numbers[i].offset);

        if (number >= 0)
            conf_xml_setf(controller, numbers[i].name, "%d", number);
    }
    if (def->master_start_port >= 0)
        conf_xml_setf(conf_xml_add(controller, "master"), "startport", "%d",
                      def->master_start_port);
    domain_device_info_format(&def->info, controller, controller_order, flags);
    conf_xml_order_attributes(controller, controller_attributes);
}

/* --- in a domain ---------------------------------------------------------- */

static bool
is_companion(const DomainControllerDef *def)
{
    return def->master_start_port >= 0;
}

/* True if @new stands before @other, which is of the same type. */
static bool
goes_before(const DomainControllerDef *new, const DomainControllerDef *other)
{
    if (other->index != new->index)
        return other->index > new->index;
    return is_companion(other) && !is_companion(new);
}

void
domain_controller_insert(GPtrArray *controllers, gpointer controller)
{
    const DomainControllerDef *def = controller;
    int place = -1;

    for (guint i = controllers->len; i-- > 0;) {
        const DomainControllerDef *other = g_ptr_array_index(controllers, i);

        if (other->type != def->type)
            continue;
        if (def->index >= 0 && goes_before(def, other))
            place = (int)i;
        else if (place < 0)
            place = (int)i + 1;
        if (def->index < 0)
            break;
    }
    g_ptr_array_insert(controllers, place, controller);
}

/* @index -1: any */
static bool
has_controller(const DomainDef *def, DomainControllerType type, int index)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        const DomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->type == type && (index < 0 || controller->index == index))
            return true;
    }
    return false;
}

bool
domain_controller_complete(DomainDef *def, gpointer data,
                           const DomainParseContext *context G_GNUC_UNUSED,
                           GError **error G_GNUC_UNUSED)
{
    DomainControllerDef *controller = data;
    int index = 0;

    if (controller->index >= 0)
        return true;
    while (has_controller(def, controller->type, index))
        index++;
    controller->index = index;
    return true;
}

static void
ensure_controller(DomainDef *def, DomainControllerType type, int index)
{
    if (!has_controller(def, type, index))
        domain_controller_insert(def->controllers, domain_controller_def_new(type, index));
}

/* One for every drive address, and those with lower numbers. */
static void
imply_for_disks(DomainDef *def, DomainControllerType type, DomainDiskBus bus)
{
    int last = -1;

    for (guint i = 0; i < def->disks->len; i++) {
        const DomainDiskDef *disk = g_ptr_array_index(def->disks, i);
        const DomainDeviceAddress *address = &disk->info.address;

        if (disk->bus == bus && address->type == DOMAIN_ADDRESS_DRIVE)
            last = MAX(last, (int)MIN(address->drive.controller, CONTROLLER_INDEX_MAX));
    }
    for (int index = 0; index <= last; index++)
        ensure_controller(def, type, index);
}

/* A virtio channel or console is a port of one. */
static void
imply_for_ports(DomainDef *def, const GPtrArray *devices)
{
    for (guint i = 0; i < devices->len; i++) {
        const DomainChrDef *chr = g_ptr_array_index(devices, i);
        const DomainDeviceAddress *address = &chr->info.address;
        unsigned index =
            address->type == DOMAIN_ADDRESS_VIRTIO_SERIAL ? address->virtio_serial.controller : 0;

        if (chr->channel_target == DOMAIN_CHR_CHANNEL_VIRTIO ||
            chr->console_target == DOMAIN_CHR_CONSOLE_VIRTIO)
            ensure_controller(def, DOMAIN_CONTROLLER_VIRTIO_SERIAL,
                              (int)MIN(index, CONTROLLER_INDEX_MAX));
    }
}

/* In order again, now that all have a number. */
static void
reinsert(DomainDef *def)
{
    GPtrArray *unordered = def->controllers;

    def->controllers = g_ptr_array_new_full(unordered->len, controller_free);
    g_ptr_array_set_free_func(unordered, NULL);
    for (guint i = 0; i < unordered->len; i++)
        domain_controller_insert(def->controllers, g_ptr_array_index(unordered, i));
    g_ptr_array_unref(unordered);
}

bool
domain_controller_imply(DomainDef *def, const DomainParseContext *context G_GNUC_UNUSED,
                        GError **error G_GNUC_UNUSED)
{
    static const struct {
        DomainControllerType type;
        DomainDiskBus bus;
    } buses[] = {
        {DOMAIN_CONTROLLER_SCSI, DOMAIN_DISK_BUS_SCSI},
        {DOMAIN_CONTROLLER_FDC, DOMAIN_DISK_BUS_FDC},
        {DOMAIN_CONTROLLER_IDE, DOMAIN_DISK_BUS_IDE},
        {DOMAIN_CONTROLLER_SATA, DOMAIN_DISK_BUS_SATA},
    };

    reinsert(def);
    if (!has_controller(def, DOMAIN_CONTROLLER_XENBUS, -1))
        ensure_controller(def, DOMAIN_CONTROLLER_XENBUS, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(buses); i++)
        imply_for_disks(def, buses[i].type, buses[i].bus);
    imply_for_ports(def, def->channels);
    imply_for_ports(def, def->consoles);
    return true;
}

/* --- rules ---------------------------------------------------------------- */

bool
domain_controller_validate(const DomainDef *def G_GNUC_UNUSED, gconstpointer data, GError **error)
{
    const DomainControllerDef *controller = data;
    const char *model = controller->model;
    bool is_root = model && (strcmp(model, "pci-root") == 0 || strcmp(model, "pcie-root") == 0);

    if (is_root && controller->info.address.type != DOMAIN_ADDRESS_NONE)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("pci-root and pcie-root controllers should not have an address"));
    return true;
}

/* Several USB controllers may share a number, as one with its companions. */
static bool
check_numbers(const DomainDef *def, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < def->controllers->len; i++) {
        const DomainControllerDef *controller = g_ptr_array_index(def->controllers, i);
        const char *type = domain_controller_type_names[controller->type];

        if (controller->type != DOMAIN_CONTROLLER_USB &&
            !g_hash_table_add(seen, g_strdup_printf("%s %d", type, controller->index)))
            return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                    _("Multiple '%s' controllers with index '%d'"), type,
                                    controller->index);
    }
    return true;
}

static bool
check_usb(const DomainDef *def, GError **error)
{
    g_autoptr(GHashTable) masters = g_hash_table_new(NULL, NULL);
    guint n_usb = 0;
    bool disabled = false;

    for (guint i = 0; i < def->controllers->len; i++) {
        const DomainControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->type != DOMAIN_CONTROLLER_USB)
            continue;
        n_usb++;
        disabled = disabled || g_strcmp0(controller->model, "none") == 0;
        if (!is_companion(controller))
            g_hash_table_add(masters, GINT_TO_POINTER(controller->index));
        else if (!g_hash_table_contains(masters, GINT_TO_POINTER(controller->index)))
            return virtxl_error_set(error, VIR_ERR_XML_DETAIL, "%s",
                                    _("No master USB controller specified"));
    }
    if (disabled && n_usb > 1)
        return virtxl_error_set(
            error, VIR_ERR_XML_DETAIL, "%s",
            _("Can't add another USB controller: USB is disabled for this domain"));
    return true;
}

bool
domain_controllers_validate(const DomainDef *def, GError **error)
{
    return check_numbers(def, error) && check_usb(def, error);
}
