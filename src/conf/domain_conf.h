/* The domain definition: what <domain> XML says, as a structure.
 *
 * domain_conf.c parses and formats what belongs to the domain itself; each
 * device family has its own file (chr_conf.c, disk_conf.c, ...), and
 * domain_devices.c is the table that joins them.
 *
 * To add a device family NAME:
 *   1. NAME_conf.h and NAME_conf.c, with a structure that begins with a
 *      DomainDeviceInfo, and the functions domain_NAME_def_parse, _format,
 *      _free (like chr_conf.h's). The parser ends with
 *      domain_device_info_parse(), the formatter with
 *      domain_device_info_format(): alias, address, and all that isn't modelled
 *      are done there;
 *   2. a GPtrArray for it in DomainDef below;
 *   3. a row in domain_device_families[] in domain_devices.c, in the order in
 *      which libvirt prints the families;
 *   4. fixtures in tests/conf/domainconfdata. No C there.
 * A family that isn't in the table is kept and given back as it came.
 *
 * Strings are owned by the definition and may be NULL where nothing was said.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libvirt/libvirt.h>
#include <sys/types.h>

#include "conf/chr_conf.h"
#include "conf/cpu_conf.h"
#include "conf/cputune_conf.h"
#include "conf/device_conf.h"
#include "conf/features_conf.h"
#include "conf/timer_conf.h"

/* <os><type>. XEN and LINUX are both a paravirtual guest. */
typedef enum {
    DOMAIN_OS_TYPE_HVM = 0,
    DOMAIN_OS_TYPE_XEN,
    DOMAIN_OS_TYPE_LINUX,
    DOMAIN_OS_TYPE_XENPVH,
} DomainOSType;

typedef enum {
    DOMAIN_BOOT_FLOPPY = 0,
    DOMAIN_BOOT_CDROM,
    DOMAIN_BOOT_DISK,
    DOMAIN_BOOT_NET,
} DomainBootDevice;

#define DOMAIN_BOOT_DEVICES_MAX 4

typedef struct {
    DomainOSType type;
    char *firmware; /* "bios" or "efi", to be chosen by the host; or NULL */
    char *arch;
    char *machine;
    char *loader;
    char *loader_type; /* "rom" or "pflash" */
    ConfTristate loader_readonly;
    ConfTristate loader_secure;
    char *kernel;
    char *initrd;
    char *cmdline;
    char *acpi_table; /* a file that becomes a table of the guest's ACPI */
    char *root;
    char *bootloader;      /* of the domain, beside <os> */
    char *bootloader_args; /* likewise */
    DomainBootDevice boot[DOMAIN_BOOT_DEVICES_MAX];
    unsigned n_boot;
} DomainOSDef;

/* On/off features that are an element without content, or with state='on'. */
typedef enum {
    DOMAIN_FEATURE_ACPI = 0,
    DOMAIN_FEATURE_APIC,
    DOMAIN_FEATURE_PAE,
    DOMAIN_FEATURE_HAP,
    DOMAIN_FEATURE_VIRIDIAN,
    DOMAIN_FEATURE_LAST,
} DomainFeature;

typedef enum {
    DOMAIN_CLOCK_UTC = 0,
    DOMAIN_CLOCK_LOCALTIME,
    DOMAIN_CLOCK_VARIABLE,
    DOMAIN_CLOCK_TIMEZONE,
    DOMAIN_CLOCK_ABSOLUTE,
} DomainClockOffset;

typedef struct {
    DomainClockOffset offset;
    /* utc, localtime: "reset" or seconds, as written; variable: see below */
    bool reset;
    gint64 adjustment;             /* variable: seconds */
    gint64 adjustment0;            /* live: adjustment at start */
    bool variable_basis_localtime; /* variable: basis='localtime' */
    char *timezone;                /* timezone */
    guint64 start;                 /* absolute: seconds since the epoch */
} DomainClockDef;

/* on_poweroff, on_reboot. The first four also for on_crash. */
typedef enum {
    DOMAIN_LIFECYCLE_DESTROY = 0,
    DOMAIN_LIFECYCLE_RESTART,
    DOMAIN_LIFECYCLE_RESTART_RENAME,
    DOMAIN_LIFECYCLE_PRESERVE,
    DOMAIN_LIFECYCLE_COREDUMP_DESTROY, /* on_crash only */
    DOMAIN_LIFECYCLE_COREDUMP_RESTART, /* on_crash only */
} DomainLifecycleAction;

struct DomainDef {
    int id; /* -1 while not running */
    char *name;
    guint8 uuid[VIR_UUID_BUFLEN];
    char *title;
    char *description;
    xmlDoc *metadata; /* root <metadata>; or NULL */

    guint64 memory_max; /* KiB; <memory> */
    guint64 memory;     /* KiB; <currentMemory> */
    ConfTristate memory_dump_core;

    unsigned vcpus_max;
    unsigned vcpus; /* at start; <= vcpus_max */
    bool vcpu_placement_auto;
    char *vcpu_cpuset; /* as libvirt prints it; or NULL */
    DomainCputuneDef cputune;

    DomainOSDef os;
    ConfTristate features[DOMAIN_FEATURE_LAST];
    ConfTristate pm_suspend_to_mem; /* <pm> is given back as written */
    ConfTristate pm_suspend_to_disk;
    DomainFeaturesDef nested_features;
    DomainCpuDef cpu;
    DomainClockDef clock;
    DomainTimerDef timers[DOMAIN_TIMER_LAST];
    DomainLifecycleAction on_poweroff;
    DomainLifecycleAction on_reboot;
    DomainLifecycleAction on_crash;

    char *emulator;

    /* Of DomainDiskDef, DomainControllerDef, ...: never NULL, elements owned.
     * The order is the order of the XML. */
    GPtrArray *disks;
    GPtrArray *controllers;
    GPtrArray *nets;
    GPtrArray *serials;
    GPtrArray *parallels;
    GPtrArray *consoles; /* of DomainChrDef, like the three around it */
    GPtrArray *channels;
    GPtrArray *inputs;
    GPtrArray *graphics;
    GPtrArray *sounds;
    GPtrArray *videos;
    GPtrArray *hostdevs;
    GPtrArray *memballoons; /* at most one */

    ConfXmlKept *kept;
};

extern ConfNames domain_os_type_names;
extern ConfNames domain_boot_device_names;
extern ConfNames domain_feature_names;
extern ConfNames domain_lifecycle_action_names;

/* An empty definition with no devices, id -1, and a zero uuid. */
DomainDef *domain_def_new(void);
void domain_def_free(DomainDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainDef, domain_def_free)

/* Parses a <domain> document. @flags: DOMAIN_PARSE_*. @defaults: what to fill in
 * (NULL: nothing). A missing uuid is generated. Errors: libvirt's codes,
 * mostly VIR_ERR_XML_ERROR and VIR_ERR_CONFIG_UNSUPPORTED. */
DomainDef *domain_def_parse_string(const char *xml, const DomainParseDefaults *defaults,
                                   unsigned flags, GError **error);
DomainDef *domain_def_parse_file(const char *path, const DomainParseDefaults *defaults,
                                 unsigned flags, GError **error);

/* The same from a <domain> element. Marks what it reads in @node. */
DomainDef *domain_def_parse_node(xmlNode *node, const DomainParseDefaults *defaults, unsigned flags,
                                 GError **error);

/* Prints @def. @flags: VIR_DOMAIN_XML_SECURE, _INACTIVE, _MIGRATABLE, and
 * DOMAIN_FORMAT_STATUS. Returns a new string. Errors:
 * VIR_ERR_OPERATION_UNSUPPORTED for other flags. */
char *domain_def_format(const DomainDef *def, unsigned flags, GError **error);

/* The same as a tree. */
xmlDoc *domain_def_format_doc(const DomainDef *def, unsigned flags);

/* A deep copy, live data included. */
DomainDef *domain_def_copy(const DomainDef *def);

/* The rules that are checked when a client defines or starts a domain, never
 * while loading what is on disk. Errors: VIR_ERR_XML_ERROR,
 * VIR_ERR_CONFIG_UNSUPPORTED, naming domain, element and value. */
bool domain_def_validate(const DomainDef *def, GError **error);

/* True for a paravirtual guest (os type linux or xen). */
bool domain_def_is_pv(const DomainDef *def);

/* --- status documents: a running domain, as kept in /run ------------------ */

typedef struct {
    virDomainState state;
    int reason; /* of the state, virDomain*Reason */
    pid_t pid;
    int agent_timeout; /* seconds, or one of virDomainAgentResponseTimeoutValues */
    DomainDef *def;    /* owned */
} DomainStatus;

void domain_status_free(DomainStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainStatus, domain_status_free)

/* <domstatus state= reason= pid=> around the live definition, in the format of
 * libvirt's Xen driver; and, unless it is to wait for ever, <agentTimeout>, as libvirt's QEMU
 * driver has it. Errors: VIR_ERR_INTERNAL_ERROR, and as
 * domain_def_parse_string(). */
DomainStatus *domain_status_parse(const char *xml, const DomainParseDefaults *defaults,
                                  GError **error);
char *domain_status_format(const DomainDef *def, virDomainState state, int reason, pid_t pid,
                           int agent_timeout, GError **error);
