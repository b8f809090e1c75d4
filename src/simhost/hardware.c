/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/hardware.h"

#include "simhost/json_tools.h"
#include "util/error.h"
#include "util/i18n.h"

struct SimHardware {
    GPtrArray *pieces; /* of Piece */
};

typedef struct {
    char *type;
    char *name;
    bool is_stuck;
    struct json_object *device;
} Piece;

static void
piece_free(Piece *piece)
{
    g_free(piece->type);
    g_free(piece->name);
    json_object_put(piece->device);
    g_free(piece);
}

static Piece *
find(const SimHardware *hardware, const char *type, const char *name)
{
    for (guint i = 0; i < hardware->pieces->len; i++) {
        Piece *piece = hardware->pieces->pdata[i];

        if (g_str_equal(piece->type, type) && g_str_equal(piece->name, name))
            return piece;
    }
    return NULL;
}

static void
add(SimHardware *hardware, const char *type, const char *name, struct json_object *device)
{
    Piece *piece = g_new0(Piece, 1);

    piece->type = g_strdup(type);
    piece->name = g_strdup(name);
    piece->device = json_object_get(device);
    g_ptr_array_add(hardware->pieces, piece);
}

static const char *
get_string(const struct json_object *object, const char *key)
{
    return json_object_get_string(json_object_object_get(object, key));
}

static unsigned
get_unsigned(const struct json_object *object, const char *key)
{
    return (unsigned)json_object_get_int(json_object_object_get(object, key));
}

/* As src/xen/xen_device.h has it. @key: the member that is its name, or NULL. A controller
 * without a number gets that of its @place. */
static char *
dup_name(const char *type, const char *key, const struct json_object *device, size_t place)
{
    const struct json_object *usb = json_object_object_get(device, "type.hostdev");

    if (g_str_equal(type, "pci"))
        return g_strdup_printf("%04x:%02x:%02x.%x", get_unsigned(device, "domain"),
                               get_unsigned(device, "bus"), get_unsigned(device, "dev"),
                               get_unsigned(device, "func"));
    if (g_str_equal(type, "usbdev"))
        return g_strdup_printf("%u.%u", get_unsigned(usb, "hostbus"),
                               get_unsigned(usb, "hostaddr"));
    if (get_string(device, key))
        return g_strdup(get_string(device, key));
    return g_strdup_printf("%zu", place);
}

/* libxl's JSON of a domain has a list for each type. */
SimHardware *
sim_hardware_new(struct json_object *config)
{
    static const struct {
        const char *type, *list, *key;
    } types[] = {
        {"disk", "disks", "vdev"}, {"nic", "nics", "mac"},      {"usbctrl", "usbctrls", "devid"},
        {"pci", "pcidevs", NULL},  {"usbdev", "usbdevs", NULL},
    };
    SimHardware *hardware = g_new0(SimHardware, 1);

    hardware->pieces = g_ptr_array_new_with_free_func((GDestroyNotify)piece_free);
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        struct json_object *list = json_object_object_get(config, types[i].list);
        size_t length =
            json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

        for (size_t j = 0; j < length; j++) {
            struct json_object *device = json_object_array_get_idx(list, j);
            g_autofree char *name = dup_name(types[i].type, types[i].key, device, j);

            add(hardware, types[i].type, name, device);
        }
    }
    return hardware;
}

void
sim_hardware_free(SimHardware *hardware)
{
    if (!hardware)
        return;
    g_ptr_array_unref(hardware->pieces);
    g_free(hardware);
}

bool
sim_hardware_add(SimHardware *hardware, const char *type, const char *name,
                 struct json_object *device, GError **error)
{
    if (find(hardware, type, name))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("%s '%s' exists already"), type,
                                name);
    add(hardware, type, name, device);
    return true;
}

bool
sim_hardware_remove(SimHardware *hardware, const char *type, const char *name, bool force,
                    GError **error)
{
    Piece *piece = find(hardware, type, name);

    if (piece && piece->is_stuck && !force)
        return virtxl_error_set(error, VIR_ERR_OPERATION_TIMEOUT,
                                _("the guest does not let go of %s '%s'"), type, name);
    if (piece)
        g_ptr_array_remove(hardware->pieces, piece);
    return true;
}

bool
sim_hardware_change_medium(SimHardware *hardware, const char *name, struct json_object *device,
                           GError **error)
{
    Piece *piece = find(hardware, "disk", name);

    if (!piece || !json_object_get_int(json_object_object_get(piece->device, "is_cdrom")))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, _("there is no CD-ROM drive '%s'"),
                                name);
    json_object_put(piece->device);
    piece->device = json_object_get(device);
    return true;
}

bool
sim_hardware_set_stuck(SimHardware *hardware, const char *name, bool stuck, GError **error)
{
    Piece *piece = find(hardware, "disk", name);

    if (!piece)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("there is no disk '%s'"), name);
    piece->is_stuck = stuck;
    return true;
}

void
sim_hardware_list(const SimHardware *hardware, struct json_object *list)
{
    for (guint i = 0; i < hardware->pieces->len; i++) {
        const Piece *piece = hardware->pieces->pdata[i];
        struct json_object *object = json_object_new_object();

        sim_json_add_string(object, "type", piece->type);
        sim_json_add_string(object, "name", piece->name);
        json_object_array_add(list, object);
    }
}

void
sim_hardware_describe(const SimHardware *hardware, GString *text)
{
    for (guint i = 0; i < hardware->pieces->len; i++) {
        const Piece *piece = hardware->pieces->pdata[i];
        const char *path = get_string(piece->device, "pdev_path");

        if (!path)
            path = get_string(piece->device, "bridge");
        g_string_append_printf(text, "\t%s %s\t%s\n", piece->type, piece->name, path ? path : "-");
    }
}
