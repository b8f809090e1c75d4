/* The domain capabilities document is tables: a device has enumerations, an enumeration
 * has values. They are those of libvirt's Xen driver, and the types of channels that
 * virtxl has beside them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_domain_capabilities.h"

#include <string.h>

#include "conf/conf_xml.h"

/* As many vCPUs as a guest can have: HVM_MAX_VCPUS of Xen's hvm_info_table.h; for PV
 * libvirt's number, since Xen has no small limit. */
#define HVM_VCPUS_MAX 128
#define PV_VCPUS_MAX  512

typedef struct {
    const char *device;
    const char *name;
    const char *const *values;
} Enumeration;

static ConfNames none = {NULL};
static ConfNames disk_devices = {"disk", "cdrom", NULL};
static ConfNames disk_buses = {"ide", "scsi", "xen", NULL};
static ConfNames graphics_types = {"sdl", "vnc", "spice", NULL};
static ConfNames video_models = {"vga", "cirrus", "xen", NULL};
static ConfNames hostdev_modes = {"subsystem", NULL};
static ConfNames startup_policies = {"default", "mandatory", "requisite", "optional", NULL};
static ConfNames hostdev_types = {"usb", "pci", NULL};
static ConfNames pci_backends = {"xen", NULL};
static ConfNames channel_types = {"null", "pty", "dev", "file", "pipe", "unix", "udp", "tcp", NULL};
static ConfNames loader_types = {"rom", "pflash", NULL};
static ConfNames yes = {"yes", NULL};

static const Enumeration devices[] = {
    {"disk", "diskDevice", disk_devices},
    {"disk", "bus", disk_buses},
    {"disk", "model", none},
    {"graphics", "type", graphics_types},
    {"video", "modelType", video_models},
    {"hostdev", "mode", hostdev_modes},
    {"hostdev", "startupPolicy", startup_policies},
    {"hostdev", "subsysType", hostdev_types},
    {"hostdev", "capsType", none},
    {"hostdev", "pciBackend", pci_backends},
    {"channel", "type", channel_types},
};

static ConfNames cpu_modes = {"host-passthrough", "maximum", "host-model", "custom", NULL};
static ConfNames features = {"gic", "vmcoreinfo", "genid", "sev", "sgx", NULL};

static void
add_enum(xmlNode *parent, const char *name, const char *const *values)
{
    xmlNode *element = conf_xml_add(parent, "enum");

    conf_xml_set(element, "name", name);
    for (gsize i = 0; values[i]; i++)
        conf_xml_add_text(element, "value", values[i]);
}

static xmlNode *
add_supported(xmlNode *parent, const char *name, bool supported)
{
    xmlNode *element = conf_xml_add(parent, name);

    conf_xml_set(element, "supported", supported ? "yes" : "no");
    return element;
}

static void
add_os(xmlNode *root, const LibxlDomainCapabilities *of)
{
    bool has_loader = strcmp(of->machine, "xenfv") == 0;
    xmlNode *loader = add_supported(add_supported(root, "os", true), "loader", has_loader);

    if (!has_loader)
        return;
    if (of->loader)
        conf_xml_add_text(loader, "value", of->loader);
    add_enum(loader, "type", loader_types);
    add_enum(loader, "readonly", yes);
}

/* What CPU a guest has is Xen's choice. */
static void
add_cpu(xmlNode *root)
{
    xmlNode *cpu = conf_xml_add(root, "cpu");

    for (gsize i = 0; cpu_modes[i]; i++) {
        xmlNode *mode = conf_xml_add(cpu, "mode");

        conf_xml_set(mode, "name", cpu_modes[i]);
        conf_xml_set(mode, "supported", "no");
    }
}

/* A PVH guest can't get a device of the host. */
static void
add_devices(xmlNode *root, const LibxlDomainCapabilities *of)
{
    bool is_pvh = strcmp(of->machine, "xenpvh") == 0;
    xmlNode *parent = conf_xml_add(root, "devices");
    xmlNode *device = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(devices); i++) {
        if (is_pvh && strcmp(devices[i].device, "hostdev") == 0)
            continue;
        if (i == 0 || strcmp(devices[i].device, devices[i - 1].device) != 0)
            device = add_supported(parent, devices[i].device, true);
        add_enum(device, devices[i].name, devices[i].values);
    }
}

char *
libxl_domain_capabilities_format(const LibxlDomainCapabilities *of)
{
    g_autoptr(xmlDoc) doc = conf_xml_new("domainCapabilities");
    xmlNode *root = conf_xml_root(doc);
    xmlNode *element;

    conf_xml_add_text(root, "path", of->emulator);
    conf_xml_add_text(root, "domain", "xen");
    conf_xml_add_text(root, "machine", of->machine);
    conf_xml_add_text(root, "arch", of->arch);
    conf_xml_setf(conf_xml_add(root, "vcpu"), "max", "%u",
                  strcmp(of->machine, "xenpv") == 0 ? PV_VCPUS_MAX : HVM_VCPUS_MAX);
    add_supported(root, "iothreads", false);
    add_os(root, of);
    add_cpu(root);
    add_devices(root, of);
    element = conf_xml_add(root, "features");
    for (gsize i = 0; features[i]; i++)
        add_supported(element, features[i], false);
    return conf_xml_print(root, 0);
}
