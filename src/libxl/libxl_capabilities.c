/* The capabilities document.
 *
 * The guests come out of Xen's own list of ABIs ("xen-3.0-x86_64 hvm-3.0-x86_32p
 * ..."): "xen" is a paravirtual guest; "hvm" an HVM guest and a PVH guest as
 * well; the "p" of x86_32p is PAE. One table says what a guest of a type has, one
 * how architectures are called.
 *
 * What is not known of the host is left out, its CPU's model for example: nothing
 * here fails because of a CPU that nobody has heard of.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_capabilities.h"

#include <string.h>

#include "conf/conf_xml.h"
#include "libxl/libxl_capabilities_topology.h"
#include "util/error.h"
#include "util/i18n.h"

/* --- the host ------------------------------------------------------------- */

static void
add_cpu(xmlNode *host, const XenHostInfo *info, const CpuHost *model)
{
    xmlNode *cpu = conf_xml_add(host, "cpu");
    xmlNode *topology;

    conf_xml_add_text(cpu, "arch", info->model);
    if (model) {
        if (cpu_host_has(model, "pae"))
            conf_xml_add(conf_xml_add(cpu, "features"), "pae");
        conf_xml_add_text(cpu, "model", model->model->name);
    }
    topology = conf_xml_add(cpu, "topology");
    conf_xml_setf(topology, "sockets", "%u", info->sockets);
    conf_xml_setf(topology, "dies", "1");
    conf_xml_setf(topology, "cores", "%u", info->cores);
    conf_xml_setf(topology, "threads", "%u", info->threads);
    if (model)
        cpu_host_format_features(model, cpu);
}

static void
add_host(xmlNode *root, const XenHostInfo *info, const CpuHost *cpu)
{
    xmlNode *host = conf_xml_add(root, "host");

    add_cpu(host, info, cpu && cpu->model ? cpu : NULL);
    conf_xml_add_text(host, "netprefix", "vif");
    libxl_capabilities_add_topology(host, info);
}

/* --- guests --------------------------------------------------------------- */

typedef struct {
    const char *abi;  /* as Xen calls it */
    const char *name; /* as libvirt does */
    const char *wordsize;
} GuestArch;

static const GuestArch archs[] = {
    {"x86_32", "i686", "32"},
    {"x86_64", "x86_64", "64"},
    {"armv7l", "armv7l", "32"},
    {"aarch64", "aarch64", "64"},
};

/* What a list of ABIs says about one architecture. */
typedef struct {
    const GuestArch *arch;
    bool pv;
    bool hvm;
    bool pae;    /* 32 bits with PAE */
    bool nonpae; /* 32 bits without */
} Guest;

static const GuestArch *
find_arch(const char *abi)
{
    for (gsize i = 0; i < G_N_ELEMENTS(archs); i++) {
        if (strcmp(archs[i].abi, abi) == 0)
            return &archs[i];
    }
    return NULL;
}

/* "hvm-3.0-x86_32p" */
static void
read_abi(const char *text, Guest guests[G_N_ELEMENTS(archs)])
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 3);
    bool is_pae = g_str_has_suffix(text, "p");
    const GuestArch *arch;
    Guest *guest;

    if (g_strv_length(parts) != 3)
        return;
    if (is_pae)
        parts[2][strlen(parts[2]) - 1] = '\0';
    arch = find_arch(parts[2]);
    if (!arch)
        return;

    guest = &guests[arch - archs];
    guest->arch = arch;
    guest->pv |= strcmp(parts[0], "xen") == 0;
    guest->hvm |= strcmp(parts[0], "hvm") == 0;
    guest->pae |= is_pae;
    guest->nonpae |= !is_pae && strcmp(arch->name, "i686") == 0;
}

typedef enum {
    GUEST_PV,
    GUEST_HVM,
    GUEST_PVH,
} GuestType;

static const struct {
    const char *os_type;
    const char *machine;
    bool has_loader;
} guest_types[] = {
    [GUEST_PV] = {"xen", "xenpv", false},
    [GUEST_HVM] = {"hvm", "xenfv", true},
    [GUEST_PVH] = {"xenpvh", "xenpvh", false},
};

static void
add_feature(xmlNode *features, const char *name, const char *toggle)
{
    xmlNode *feature = conf_xml_add(features, name);

    conf_xml_set(feature, "default", "on");
    conf_xml_set(feature, "toggle", toggle);
}

static void
add_features(xmlNode *parent, GuestType type, const Guest *guest)
{
    xmlNode *features;

    if (type == GUEST_PV && !guest->pae)
        return;
    features = conf_xml_add(parent, "features");
    if (type != GUEST_PVH && guest->pae)
        conf_xml_add(features, "pae");
    if (type == GUEST_HVM && guest->nonpae)
        conf_xml_add(features, "nonpae");
    if (type == GUEST_HVM) {
        add_feature(features, "acpi", "yes");
        add_feature(features, "apic", "no");
    }
    if (type != GUEST_PV)
        add_feature(features, "hap", "yes");
}

static void
add_guest(xmlNode *root, GuestType type, const Guest *guest, const char *emulator,
          const char *hvm_loader)
{
    xmlNode *element = conf_xml_add(root, "guest");
    xmlNode *arch;

    conf_xml_add_text(element, "os_type", guest_types[type].os_type);
    arch = conf_xml_add(element, "arch");
    conf_xml_set(arch, "name", guest->arch->name);
    conf_xml_add_text(arch, "wordsize", guest->arch->wordsize);
    if (emulator)
        conf_xml_add_text(arch, "emulator", emulator);
    if (hvm_loader && guest_types[type].has_loader)
        conf_xml_add_text(arch, "loader", hvm_loader);
    conf_xml_add_text(arch, "machine", guest_types[type].machine);
    conf_xml_set(conf_xml_add(arch, "domain"), "type", "xen");
    add_features(element, type, guest);
}

static void
read_abis(const XenHostInfo *info, Guest guests[G_N_ELEMENTS(archs)])
{
    g_auto(GStrv) abis = g_strsplit(info->capabilities ? info->capabilities : "", " ", -1);

    for (char **abi = abis; *abi; abi++)
        read_abi(*abi, guests);
}

static void
add_guests(xmlNode *root, const XenHostInfo *info, const char *emulator, const char *hvm_loader)
{
    Guest guests[G_N_ELEMENTS(archs)] = {0};

    read_abis(info, guests);
    for (gsize i = 0; i < G_N_ELEMENTS(guests); i++) {
        if (guests[i].pv)
            add_guest(root, GUEST_PV, &guests[i], emulator, hvm_loader);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(guests); i++) {
        if (!guests[i].hvm)
            continue;
        add_guest(root, GUEST_HVM, &guests[i], emulator, hvm_loader);
        add_guest(root, GUEST_PVH, &guests[i], emulator, hvm_loader);
    }
}

char *
libxl_capabilities_format(const XenHostInfo *info, const CpuHost *cpu, const char *emulator,
                          const char *hvm_loader, GError **error)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("capabilities");
    xmlNode *root = conf_xml_root(doc);

    add_host(root, info, cpu);
    add_guests(root, info, emulator, hvm_loader);
    return conf_xml_print(root, 0);
}

static void
add_kind(GArray *kinds, GuestType type, const Guest *guest)
{
    DomainGuestKind kind = {guest_types[type].os_type, guest->arch->name};

    g_array_append_val(kinds, kind);
}

DomainGuestKind *
libxl_capabilities_guest_kinds(const XenHostInfo *info)
{
    GArray *kinds = g_array_new(TRUE, FALSE, sizeof(DomainGuestKind));
    Guest guests[G_N_ELEMENTS(archs)] = {0};

    read_abis(info, guests);
    for (gsize i = 0; i < G_N_ELEMENTS(guests); i++) {
        if (guests[i].pv)
            add_kind(kinds, GUEST_PV, &guests[i]);
        if (guests[i].hvm) {
            add_kind(kinds, GUEST_HVM, &guests[i]);
            add_kind(kinds, GUEST_PVH, &guests[i]);
        }
    }
    return (DomainGuestKind *)(void *)g_array_free(kinds, FALSE);
}

bool
libxl_capabilities_has_guest(const XenHostInfo *info, const char *arch, const char *machine)
{
    Guest guests[G_N_ELEMENTS(archs)] = {0};

    read_abis(info, guests);
    for (gsize i = 0; i < G_N_ELEMENTS(guests); i++) {
        if (strcmp(archs[i].name, arch) != 0)
            continue;
        for (GuestType type = GUEST_PV; type <= GUEST_PVH; type++) {
            if (strcmp(guest_types[type].machine, machine) == 0)
                return type == GUEST_PV ? guests[i].pv : guests[i].hvm;
        }
    }
    return false;
}
