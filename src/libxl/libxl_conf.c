/* A domain definition as libxl's configuration: the guest itself.
 *
 * libxl_build_domain_config() fills the configuration in the order of its
 * structures: what is created (c_info), what is built (b_info), what happens
 * when it stops, and then its devices, family by family, by the table families[].
 *
 * What the definition leaves open stays at libxl's default.
 *
 * The on_* actions are written down for whoever reads the configuration that
 * libxl keeps with the domain; libxl itself never acts on them, the driver does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_conf.h"

#include <libxl_utils.h>
#include <stdlib.h>
#include <string.h>

#include "conf/disk_conf.h"
#include "conf/net_conf.h"
#include "libxl/libxl_conf_private.h"
#include "util/error.h"
#include "util/i18n.h"
#include "xen/xen_tune.h"

/* --- helpers of all families --------------------------------------------- */

bool
libxl_conf_refuse(const DomainDef *def, GError **error, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("domain '%s': %s"), def->name,
                            text);
}

bool
libxl_conf_is_plain(const char *text)
{
    for (const char *c = text ? text : ""; *c; c++) {
        if (g_ascii_iscntrl(*c) || strchr(",\"'", *c))
            return false;
    }
    return true;
}

bool
libxl_conf_is_hvm(const DomainDef *def)
{
    return def->os.type == DOMAIN_OS_TYPE_HVM;
}

void
libxl_conf_bitmap_init(libxl_bitmap *bitmap, unsigned n_bits)
{
    bitmap->size = (n_bits + 7) / 8;
    bitmap->map = g_new0(uint8_t, bitmap->size);
}

libxl_string_list
libxl_conf_string_list(GPtrArray *strings)
{
    libxl_string_list list = g_new0(char *, strings->len + 1);

    for (guint i = 0; i < strings->len; i++)
        list[i] = g_steal_pointer(&strings->pdata[i]);
    g_ptr_array_set_size(strings, 0);
    return list;
}

static void
set_feature(libxl_defbool *target, ConfTristate value)
{
    if (value != CONF_TRISTATE_ABSENT)
        libxl_defbool_set(target, value == CONF_TRISTATE_YES);
}

/* --- what is created ------------------------------------------------------ */

static libxl_domain_type
guest_type(const DomainDef *def)
{
    switch (def->os.type) {
    case DOMAIN_OS_TYPE_HVM:
        return LIBXL_DOMAIN_TYPE_HVM;
    case DOMAIN_OS_TYPE_XENPVH:
        return LIBXL_DOMAIN_TYPE_PVH;
    case DOMAIN_OS_TYPE_XEN:
    case DOMAIN_OS_TYPE_LINUX:
        break;
    }
    return LIBXL_DOMAIN_TYPE_PV;
}

static void
map_create_info(const DomainDef *def, libxl_domain_create_info *info)
{
    info->type = guest_type(def);
    info->name = g_strdup(def->name);
    memcpy(info->uuid.uuid, def->uuid, sizeof(info->uuid.uuid));
    if (info->type != LIBXL_DOMAIN_TYPE_PV)
        set_feature(&info->hap, def->features[DOMAIN_FEATURE_HAP]);
}

/* --- what is built -------------------------------------------------------- */

static void
set_first_vcpus(libxl_bitmap *bitmap, unsigned n_bits, unsigned n_set)
{
    libxl_conf_bitmap_init(bitmap, n_bits);
    for (unsigned i = 0; i < n_set; i++)
        libxl_bitmap_set(bitmap, (int)i);
}

static bool
map_clock(const DomainDef *def, libxl_domain_build_info *info, GError **error)
{
    switch (def->clock.offset) {
    case DOMAIN_CLOCK_UTC:
        return true;
    case DOMAIN_CLOCK_LOCALTIME:
        libxl_defbool_set(&info->localtime, true);
        return true;
    case DOMAIN_CLOCK_VARIABLE:
        libxl_defbool_set(&info->localtime, def->clock.variable_basis_localtime);
        info->rtc_timeoffset = (uint32_t)def->clock.adjustment;
        return true;
    case DOMAIN_CLOCK_TIMEZONE:
    case DOMAIN_CLOCK_ABSOLUTE:
        break;
    }
    return libxl_conf_refuse(def, error,
                             _("Xen's clocks are <clock offset='utc'>, 'localtime' and 'variable', "
                               "not '%s'"),
                             def->clock.offset == DOMAIN_CLOCK_TIMEZONE ? "timezone" : "absolute");
}

/* libxl looks for none by itself, and dies without. */
static bool
check_has_kernel(const DomainDef *def, GError **error)
{
    if (libxl_conf_is_hvm(def) || def->os.kernel || def->os.bootloader)
        return true;
    return libxl_conf_refuse(def, error,
                             _("<os>: a guest that is not fully virtualised needs a <kernel> or a "
                               "<bootloader>"));
}

static void
map_kernel(const DomainDef *def, libxl_domain_build_info *info)
{
    info->kernel = g_strdup(def->os.kernel);
    info->ramdisk = g_strdup(def->os.initrd);
    info->cmdline = g_strdup(def->os.cmdline);
}

static void
map_bootloader(const DomainDef *def, libxl_domain_build_info *info)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GPtrArray) arguments = g_ptr_array_new();

    if (!def->os.bootloader)
        return;
    info->bootloader = g_strdup(def->os.bootloader);
    if (!def->os.bootloader_args)
        return;
    words = g_strsplit_set(def->os.bootloader_args, " \t\n", -1);
    for (char **word = words; *word; word++) {
        if (**word)
            g_ptr_array_add(arguments, g_strdup(*word));
    }
    info->bootloader_args = libxl_conf_string_list(arguments);
}

/* --- HVM ------------------------------------------------------------------ */

/* The letter of a boot device in QEMU's -boot order=. */
static char
boot_letter(DomainBootDevice device)
{
    switch (device) {
    case DOMAIN_BOOT_FLOPPY:
        return 'a';
    case DOMAIN_BOOT_CDROM:
        return 'd';
    case DOMAIN_BOOT_NET:
        return 'n';
    case DOMAIN_BOOT_DISK:
        break;
    }
    return 'c';
}

static char
disk_boot_letter(const DomainDiskDef *disk)
{
    if (disk->device == DOMAIN_DISK_DEVICE_CDROM)
        return boot_letter(DOMAIN_BOOT_CDROM);
    if (disk->device == DOMAIN_DISK_DEVICE_FLOPPY)
        return boot_letter(DOMAIN_BOOT_FLOPPY);
    return boot_letter(DOMAIN_BOOT_DISK);
}

/* The device whose <boot order> is the lowest above @after: its order and
 * letter, or 0. */
static unsigned
next_boot_order(const DomainDef *def, unsigned after, char *letter)
{
    unsigned next = 0;

    for (guint i = 0; i < def->disks->len; i++) {
        const DomainDiskDef *disk = def->disks->pdata[i];

        if (disk->info.boot_order > after && (!next || disk->info.boot_order < next)) {
            next = disk->info.boot_order;
            *letter = disk_boot_letter(disk);
        }
    }
    for (guint i = 0; i < def->nets->len; i++) {
        const DomainNetDef *net = def->nets->pdata[i];

        if (net->info.boot_order > after && (!next || net->info.boot_order < next)) {
            next = net->info.boot_order;
            *letter = boot_letter(DOMAIN_BOOT_NET);
        }
    }
    return next;
}

/* Xen's firmware knows an order of classes, not of devices: each class once, in
 * the order of its first device. */
static void
add_device_boot_order(const DomainDef *def, GString *order)
{
    unsigned last = 0;
    char letter;

    while ((last = next_boot_order(def, last, &letter))) {
        if (!memchr(order->str, letter, order->len))
            g_string_append_c(order, letter);
    }
}

static char *
boot_order(const DomainDef *def)
{
    GString *order = g_string_new(NULL);

    for (unsigned i = 0; i < def->os.n_boot; i++)
        g_string_append_c(order, boot_letter(def->os.boot[i]));
    if (order->len == 0)
        add_device_boot_order(def, order);
    if (order->len == 0)
        g_string_append_c(order, boot_letter(DOMAIN_BOOT_DISK));
    return g_string_free(order, FALSE);
}

/* A loader in flash memory is UEFI; which one another loader is shows in its name only. */
static bool
is_ovmf(const DomainOSDef *os)
{
    g_autofree char *name = g_path_get_basename(os->loader);
    g_autofree char *lower = g_ascii_strdown(name, -1);

    return g_strcmp0(os->loader_type, "pflash") == 0 || strstr(lower, "ovmf");
}

/* Where no file is named, libxl takes the one that came with it. */
static void
map_firmware(const DomainDef *def, libxl_domain_build_info *info)
{
    const DomainOSDef *os = &def->os;

    if (os->loader && is_ovmf(os)) {
        info->u.hvm.bios = LIBXL_BIOS_TYPE_OVMF;
        info->u.hvm.system_firmware = g_strdup(os->loader);
    } else if (g_strcmp0(os->firmware, "efi") == 0) {
        info->u.hvm.bios = LIBXL_BIOS_TYPE_OVMF;
    } else if (g_strcmp0(os->firmware, "bios") == 0) {
        info->u.hvm.bios = LIBXL_BIOS_TYPE_SEABIOS;
    }
}

/* The definition of a PV or PVH guest often names a device model that was never
 * there; the one that libxl starts for its channels and disks is libxl's own. */
static void
map_emulator(const DomainDef *def, libxl_domain_build_info *info)
{
    g_autofree char *name = def->emulator ? g_path_get_basename(def->emulator) : NULL;

    if (!name)
        return;
    info->device_model = g_strdup(def->emulator);
    info->device_model_version = strcmp(name, "qemu-dm") == 0
                                     ? LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN_TRADITIONAL
                                     : LIBXL_DEVICE_MODEL_VERSION_QEMU_XEN;
}

static void
map_hvm(const DomainDef *def, libxl_domain_build_info *info)
{
    libxl_defbool_set(&info->u.hvm.pae, def->features[DOMAIN_FEATURE_PAE] == CONF_TRISTATE_YES);
    libxl_defbool_set(&info->apic, def->features[DOMAIN_FEATURE_APIC] == CONF_TRISTATE_YES);
    libxl_defbool_set(&info->acpi, def->features[DOMAIN_FEATURE_ACPI] == CONF_TRISTATE_YES);
    set_feature(&info->u.hvm.viridian, def->features[DOMAIN_FEATURE_VIRIDIAN]);
    set_feature(&info->u.hvm.acpi_s3, def->pm_suspend_to_mem);
    set_feature(&info->u.hvm.acpi_s4, def->pm_suspend_to_disk);
    info->u.hvm.acpi_firmware = g_strdup(def->os.acpi_table);
    info->u.hvm.boot = boot_order(def);
    map_firmware(def, info);
    map_emulator(def, info);
}

static bool
map_weight(const DomainDef *def, libxl_domain_build_info *info, GError **error)
{
    if (!def->cputune.has_shares)
        return true;
    if (def->cputune.shares < 1 || def->cputune.shares > XEN_SCHEDULER_WEIGHT_MAX)
        return libxl_conf_refuse(def, error,
                                 _("<cputune><shares> is Xen's weight, 1 to %d, not %u"),
                                 XEN_SCHEDULER_WEIGHT_MAX, def->cputune.shares);
    info->sched_params.weight = (int)def->cputune.shares;
    return true;
}

static bool
map_build_info(const DomainDef *def, libxl_domain_build_info *info, GError **error)
{
    libxl_domain_build_info_init_type(info, guest_type(def));
    info->max_vcpus = (int)def->vcpus_max;
    set_first_vcpus(&info->avail_vcpus, def->vcpus_max, def->vcpus);
    info->max_memkb = def->memory_max;
    info->target_memkb = def->memory;
    map_kernel(def, info);
    if (libxl_conf_is_hvm(def))
        map_hvm(def, info);
    else
        map_bootloader(def, info);
    return check_has_kernel(def, error) && map_clock(def, info, error) &&
           map_weight(def, info, error);
}

/* --- what happens when it stops ------------------------------------------- */

static libxl_action_on_shutdown
map_action(DomainLifecycleAction action)
{
    static const libxl_action_on_shutdown actions[] = {
        [DOMAIN_LIFECYCLE_DESTROY] = LIBXL_ACTION_ON_SHUTDOWN_DESTROY,
        [DOMAIN_LIFECYCLE_RESTART] = LIBXL_ACTION_ON_SHUTDOWN_RESTART,
        [DOMAIN_LIFECYCLE_RESTART_RENAME] = LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME,
        [DOMAIN_LIFECYCLE_PRESERVE] = LIBXL_ACTION_ON_SHUTDOWN_PRESERVE,
        [DOMAIN_LIFECYCLE_COREDUMP_DESTROY] = LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY,
        [DOMAIN_LIFECYCLE_COREDUMP_RESTART] = LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART,
    };

    return actions[action];
}

static void
map_actions(const DomainDef *def, libxl_domain_config *config)
{
    config->on_poweroff = map_action(def->on_poweroff);
    config->on_reboot = map_action(def->on_reboot);
    config->on_crash = map_action(def->on_crash);
}

/* --- all of it ------------------------------------------------------------ */

static const LibxlConfFamily families[] = {
    libxl_conf_map_nested_features, libxl_conf_map_timers,   libxl_conf_map_cpu,
    libxl_conf_map_disks,           libxl_conf_map_nets,     libxl_conf_map_graphics,
    libxl_conf_map_videos,          libxl_conf_map_inputs,   libxl_conf_map_serials,
    libxl_conf_map_parallels,       libxl_conf_map_channels, libxl_conf_map_controllers,
    libxl_conf_map_hostdevs,        libxl_conf_map_sounds,   libxl_conf_check_kept,
};

bool
libxl_build_domain_config(const DomainDef *def, libxl_domain_config *config, GError **error)
{
    map_create_info(def, &config->c_info);
    if (!map_build_info(def, &config->b_info, error))
        return false;
    map_actions(def, config);
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++) {
        if (!families[i](def, config, error))
            return false;
    }
    return true;
}
