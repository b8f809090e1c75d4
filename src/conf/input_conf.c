/* Input devices: <input>; see input_conf.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/input_conf.h"

#include "conf/conf_xml_tools.h"
#include "conf/domain_conf.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_input_type_names = {"mouse", "tablet", "keyboard", "passthrough", "evdev", NULL};

ConfNames domain_input_bus_names = {"", "ps2", "usb", "xen", "parallels", "virtio", "none", NULL};

static const char *const model_names[] = {"virtio", "virtio-transitional",
                                          "virtio-non-transitional", NULL};

static const ConfXmlOrder input_order[] = {{"driver"}, {"source"},  {"alias"}, {"rom"},
                                           {"acpi"},   {"address"}, {NULL}};

DomainInputDef *
domain_input_def_new(DomainInputType type, DomainInputBus bus)
{
    DomainInputDef *def = g_new0(DomainInputDef, 1);

    def->type = type;
    def->bus = bus;
    return def;
}

void
domain_input_def_free(DomainInputDef *def)
{
    if (!def)
        return;
    domain_device_info_clear(&def->info);
    g_free(def->model);
    g_free(def);
}

/* --- parsing -------------------------------------------------------------- */

/* One of @names, with libvirt's words and code for inputs. */
static bool
parse_name(const char *text, const char *const *names, const char *what, int *number,
           GError **error)
{
    if (!text)
        return true;
    *number = conf_names_find(names, text);
    if (*number < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("unknown input %s '%s'"), what,
                                text);
    return true;
}

static bool
parse_input(DomainInputDef *def, xmlNode *node, GError **error)
{
    g_autofree char *type = conf_xml_attr(node, "type");
    g_autofree char *bus = conf_xml_attr(node, "bus");
    int type_number = DOMAIN_INPUT_MOUSE, bus_number = DOMAIN_INPUT_BUS_DEFAULT, model;

    if (!type)
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("missing input device type"));
    def->model = conf_xml_attr(node, "model");
    if (!parse_name(type, domain_input_type_names, "device type", &type_number, error) ||
        !parse_name(bus, domain_input_bus_names, "bus type", &bus_number, error) ||
        !parse_name(def->model, model_names, "model", &model, error))
        return false;
    def->type = (DomainInputType)type_number;
    def->bus = (DomainInputBus)bus_number;
    return true;
}

DomainInputDef *
domain_input_def_parse(xmlNode *node, const DomainParseContext *context, GError **error)
{
    g_autoptr(DomainInputDef) def =
        domain_input_def_new(DOMAIN_INPUT_MOUSE, DOMAIN_INPUT_BUS_DEFAULT);

    if (!parse_input(def, node, error) ||
        !domain_device_info_parse(&def->info, node, context, error))
        return NULL;
    return g_steal_pointer(&def);
}

/* --- formatting ----------------------------------------------------------- */

/* An evdev has no bus. libvirt never writes "none", which is read as the
 * guest's own bus next time. */
static bool
has_written_bus(const DomainInputDef *def)
{
    return def->bus != DOMAIN_INPUT_BUS_DEFAULT &&
           (def->bus != DOMAIN_INPUT_BUS_NONE || def->type != DOMAIN_INPUT_EVDEV);
}

void
domain_input_def_format(const DomainInputDef *def, xmlNode *devices, unsigned flags)
{
    xmlNode *input = conf_xml_add(devices, "input");

    conf_xml_set(input, "type", domain_input_type_names[def->type]);
    if (has_written_bus(def))
        conf_xml_set(input, "bus", domain_input_bus_names[def->bus]);
    conf_xml_set(input, "model", def->model);
    domain_device_info_format(&def->info, input, input_order, flags);
}

/* --- in a domain ---------------------------------------------------------- */

/* The bus of a guest's own mouse and keyboard. */
static DomainInputBus
own_bus(const DomainDef *def)
{
    return def->os.type == DOMAIN_OS_TYPE_HVM ? DOMAIN_INPUT_BUS_PS2 : DOMAIN_INPUT_BUS_XEN;
}

/* The bus of an HVM guest's input that doesn't say. */
static const DomainInputBus hvm_buses[] = {
    [DOMAIN_INPUT_MOUSE] = DOMAIN_INPUT_BUS_PS2,
    [DOMAIN_INPUT_TABLET] = DOMAIN_INPUT_BUS_USB,
    [DOMAIN_INPUT_KEYBOARD] = DOMAIN_INPUT_BUS_PS2,
    [DOMAIN_INPUT_PASSTHROUGH] = DOMAIN_INPUT_BUS_VIRTIO,
    [DOMAIN_INPUT_EVDEV] = DOMAIN_INPUT_BUS_NONE,
};

bool
domain_input_complete(DomainDef *def, gpointer data,
                      const DomainParseContext *context G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    DomainInputDef *input = data;

    if (input->bus != DOMAIN_INPUT_BUS_DEFAULT)
        return true;
    input->bus = def->os.type == DOMAIN_OS_TYPE_HVM ? hvm_buses[input->type] : DOMAIN_INPUT_BUS_XEN;
    return true;
}

static void
imply_one(DomainDef *def, DomainInputType type)
{
    DomainInputBus bus = own_bus(def);

    for (guint i = 0; i < def->inputs->len; i++) {
        const DomainInputDef *input = g_ptr_array_index(def->inputs, i);

        if (input->type == type && input->bus == bus)
            return;
    }
    g_ptr_array_add(def->inputs, domain_input_def_new(type, bus));
}

bool
domain_input_imply(DomainDef *def, const DomainParseContext *context G_GNUC_UNUSED,
                   GError **error G_GNUC_UNUSED)
{
    imply_one(def, DOMAIN_INPUT_MOUSE);
    imply_one(def, DOMAIN_INPUT_KEYBOARD);
    return true;
}

static bool
bus_is_supported(const DomainDef *def, DomainInputBus bus)
{
    if (def->os.type == DOMAIN_OS_TYPE_HVM)
        return bus != DOMAIN_INPUT_BUS_XEN;
    return bus == DOMAIN_INPUT_BUS_XEN;
}

/* The buses of the guest's own mouse and keyboard have nothing else. */
static bool
bus_has_type(DomainInputBus bus, DomainInputType type)
{
    bool is_own = bus == DOMAIN_INPUT_BUS_PS2 || bus == DOMAIN_INPUT_BUS_XEN;

    return !is_own || type == DOMAIN_INPUT_MOUSE || type == DOMAIN_INPUT_KEYBOARD;
}

bool
domain_input_validate(const DomainDef *def, gconstpointer data, GError **error)
{
    const DomainInputDef *input = data;
    const char *bus = domain_input_bus_names[input->bus];
    DomainAddressType address = input->info.address.type;

    if (!bus_is_supported(def, input->bus))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("unsupported input bus %s"), bus);
    if (!bus_has_type(input->bus, input->type))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("%s bus does not support %s input device"), bus,
                                domain_input_type_names[input->type]);
    if (input->type == DOMAIN_INPUT_EVDEV && input->bus != DOMAIN_INPUT_BUS_NONE)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("input evdev doesn't support bus '%s'"), bus);
    if (input->type == DOMAIN_INPUT_PASSTHROUGH && input->bus != DOMAIN_INPUT_BUS_VIRTIO)
        return virtxl_error_set(
            error, VIR_ERR_CONFIG_UNSUPPORTED,
            _("only bus 'virtio' is supported for 'passthrough' input devices, not '%s'"), bus);
    if (input->model && input->bus != DOMAIN_INPUT_BUS_VIRTIO)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED,
                                _("only bus 'virtio' is supported for input model '%s'"),
                                input->model);
    if (input->bus == DOMAIN_INPUT_BUS_USB && address != DOMAIN_ADDRESS_NONE &&
        address != DOMAIN_ADDRESS_USB)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("Invalid address for a USB device"));
    return true;
}
