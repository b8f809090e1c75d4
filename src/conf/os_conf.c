/* How a guest boots: <os>, and <bootloader> beside it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "conf/domain_conf_private.h"
#include "util/error.h"
#include "util/i18n.h"

ConfNames domain_os_type_names = {"hvm", "xen", "linux", "xenpvh", NULL};
ConfNames domain_boot_device_names = {"fd", "cdrom", "hd", "network", NULL};

const ConfXmlOrder domain_os_order[] = {
    {"type"},   {"init"},  {"initarg"},  {"initenv"}, {"initdir"}, {"inituser"}, {"initgroup"},
    {"loader"}, {"nvram"}, {"kernel"},   {"initrd"},  {"cmdline"}, {"dtb"},      {"root"},
    {"acpi"},   {"boot"},  {"bootmenu"}, {"bios"},    {"smbios"},  {"firmware"}, {NULL},
};

/* Types that libvirt knows, for hypervisors other than Xen. */
static ConfNames other_os_types = {"exe", "uml", NULL};

/* Other names are no architecture; those that the host has not got are refused
 * later. */
static ConfNames known_archs = {
    "alpha",  "armv6l",   "armv7l",      "armv7b",   "aarch64",    "cris",         "i686",
    "ia64",   "lm32",     "loongarch64", "m68k",     "microblaze", "microblazeel", "mips",
    "mipsel", "mips64",   "mips64el",    "openrisc", "parisc",     "parisc64",     "ppc",
    "ppcle",  "ppc64",    "ppc64le",     "ppcemb",   "riscv32",    "riscv64",      "s390",
    "s390x",  "sh4",      "sh4eb",       "sparc",    "sparc64",    "unicore32",    "x86_64",
    "xtensa", "xtensaeb", NULL,
};

/* Texts of <os>'s children, in the order of output. */
static const struct {
    const char *element;
    gsize offset;
} os_texts[] = {
    {"loader", offsetof(DomainOSDef, loader)}, {"kernel", offsetof(DomainOSDef, kernel)},
    {"initrd", offsetof(DomainOSDef, initrd)}, {"cmdline", offsetof(DomainOSDef, cmdline)},
    {"root", offsetof(DomainOSDef, root)},
};

static char **
os_text(const DomainOSDef *os, gsize i)
{
    return G_STRUCT_MEMBER_P(os, os_texts[i].offset);
}

void
domain_os_clear(DomainOSDef *os)
{
    for (gsize i = 0; i < G_N_ELEMENTS(os_texts); i++)
        g_free(*os_text(os, i));
    g_free(os->firmware);
    g_free(os->arch);
    g_free(os->loader_type);
    g_free(os->acpi_table);
    g_free(os->machine);
    g_free(os->bootloader);
    g_free(os->bootloader_args);
}

static bool
parse_os_type(DomainOSDef *os, xmlNode *node, GError **error)
{
    xmlNode *type = node ? conf_xml_child(node, "type") : NULL;
    g_autofree char *name = type ? conf_xml_text(type) : NULL;
    int found;

    /* a boot loader alone means a paravirtual guest */
    if (!name && os->bootloader) {
        os->type = DOMAIN_OS_TYPE_XEN;
        return true;
    }
    if (!name)
        return virtxl_error_set(error, VIR_ERR_XML_ERROR, _("an os <type> must be specified"));
    found = conf_names_find(domain_os_type_names, name);
    if (found < 0)
        return virtxl_error_set(
            error,
            conf_names_find(other_os_types, name) >= 0 ? VIR_ERR_INVALID_ARG
                                                       : VIR_ERR_CONFIG_UNSUPPORTED,
            _("unknown OS type '%s': Xen has hvm, linux, xen and xenpvh"), name);
    os->type = (DomainOSType)found;
    os->arch = conf_xml_attr(type, "arch");
    if (os->arch && conf_names_find(known_archs, os->arch) < 0)
        return virtxl_error_set(error, VIR_ERR_CONFIG_UNSUPPORTED, _("Unknown architecture '%s'"),
                                os->arch);
    os->machine = conf_xml_attr(type, "machine");
    return true;
}

static bool
parse_boot(DomainOSDef *os, xmlNode *node, GError **error)
{
    for (xmlNode *boot = NULL; (boot = conf_xml_next_child(node, boot, "boot"));) {
        int device = -1;

        if (!conf_xml_attr_enum(boot, "dev", domain_boot_device_names, &device, VIR_ERR_XML_ERROR,
                                error))
            return false;
        if (device < 0)
            return virtxl_error_set(error, VIR_ERR_XML_ERROR,
                                    _("Missing required attribute 'dev' in element 'boot'"));
        if (os->n_boot < DOMAIN_BOOT_DEVICES_MAX)
            os->boot[os->n_boot++] = (DomainBootDevice)device;
        else
            conf_xml_drop(boot);
    }
    return true;
}

static bool
parse_loader(DomainOSDef *os, xmlNode *node, GError **error)
{
    static ConfNames types = {"rom", "pflash", NULL};
    xmlNode *loader = conf_xml_child(node, "loader");
    int type = -1;

    if (!loader)
        return true;
    if (!conf_xml_attr_yes_no(loader, "readonly", &os->loader_readonly, error) ||
        !conf_xml_attr_yes_no(loader, "secure", &os->loader_secure, error) ||
        !conf_xml_attr_enum(loader, "type", types, &type, VIR_ERR_XML_ERROR, error))
        return false;
    if (type >= 0)
        os->loader_type = g_strdup(types[type]);
    return true;
}

static bool
parse_firmware(DomainOSDef *os, xmlNode *node, GError **error)
{
    static ConfNames names = {"bios", "efi", NULL};
    int firmware = -1;

    if (!conf_xml_attr_enum(node, "firmware", names, &firmware, VIR_ERR_XML_ERROR, error))
        return false;
    if (firmware >= 0)
        os->firmware = g_strdup(names[firmware]);
    return true;
}

/* Read for a start, and kept as it was written. */
static void
parse_acpi_table(DomainOSDef *os, xmlNode *node)
{
    xmlNode *acpi = conf_xml_child(node, "acpi");

    if (!acpi)
        return;
    os->acpi_table = conf_xml_child_text(acpi, "table");
    conf_xml_unsee(acpi);
}

bool
domain_os_parse(DomainDef *def, xmlNode *domain, GError **error)
{
    DomainOSDef *os = &def->os;
    xmlNode *node = conf_xml_child(domain, "os");

    os->bootloader = conf_xml_child_text(domain, "bootloader");
    os->bootloader_args = conf_xml_child_text(domain, "bootloader_args");
    if (!parse_os_type(os, node, error))
        return false;
    if (!node)
        return true;
    if (!parse_firmware(os, node, error))
        return false;
    for (gsize i = 0; i < G_N_ELEMENTS(os_texts); i++)
        *os_text(os, i) = conf_xml_child_text(node, os_texts[i].element);
    parse_acpi_table(os, node);
    return parse_loader(os, node, error) && parse_boot(os, node, error);
}

static void
format_loader(const DomainOSDef *os, xmlNode *node)
{
    xmlNode *loader;

    if (!os->loader && !os->loader_type && !os->loader_readonly && !os->loader_secure)
        return;
    loader = conf_xml_add_text(node, "loader", os->loader);
    conf_xml_set_yes_no(loader, "readonly", os->loader_readonly);
    conf_xml_set_yes_no(loader, "secure", os->loader_secure);
    conf_xml_set(loader, "type", os->loader_type);
}

void
domain_os_format(const DomainDef *def, xmlNode *domain)
{
    const DomainOSDef *os = &def->os;
    xmlNode *node, *type;

    if (os->bootloader)
        conf_xml_add_text(domain, "bootloader", os->bootloader);
    if (os->bootloader_args)
        conf_xml_add_text(domain, "bootloader_args", os->bootloader_args);
    node = conf_xml_add(domain, "os");
    conf_xml_set(node, "firmware", os->firmware);
    /* libvirt writes a paravirtual guest as "linux", however it was given */
    type = conf_xml_add_text(
        node, "type",
        domain_os_type_names[domain_def_is_pv(def) ? DOMAIN_OS_TYPE_LINUX : os->type]);
    conf_xml_set(type, "arch", os->arch);
    conf_xml_set(type, "machine", os->machine);
    format_loader(os, node);
    for (gsize i = 0; i < G_N_ELEMENTS(os_texts); i++) {
        if (os_texts[i].offset != offsetof(DomainOSDef, loader) && *os_text(os, i))
            conf_xml_add_text(node, os_texts[i].element, *os_text(os, i));
    }
    for (unsigned i = 0; i < os->n_boot; i++)
        conf_xml_set(conf_xml_add(node, "boot"), "dev", domain_boot_device_names[os->boot[i]]);
}
