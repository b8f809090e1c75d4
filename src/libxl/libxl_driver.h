/* The Xen driver: one function for each public call of libvirt's API that a
 * client can make, as far as the call reaches the driver.
 *
 * A function is named after its call (virDomainDefineXMLFlags is
 * libxl_driver_domain_define_xml) and knows nothing of the wire: src/remote
 * decodes, checks permissions, calls, encodes.
 *
 * Threads: every function may be called from any thread. Those under "getters"
 * return at once and may be called in the event loop; those under "operations"
 * may block on the hypervisor or a disk, so they belong on a worker. Events are
 * delivered in the default main context, in order.
 *
 * Errors are VIRTXL_ERROR with the code that libvirt's Xen driver uses for the
 * case; an unknown flag is VIR_ERR_INVALID_ARG.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "xen/xen_host.h"

typedef struct LibxlDriver LibxlDriver;

/* Who serves the channels that both could serve. */
typedef enum {
    LIBXL_CHANNEL_BACKEND_VIRTXL, /* virtxl-channeld */
    LIBXL_CHANNEL_BACKEND_LIBXL,  /* the QEMU that libxl starts */
} LibxlChannelBackend;

/* What happens to what a guest sends while nobody is connected and no more can be
 * held. */
typedef enum {
    LIBXL_CHANNEL_DISCARD, /* the oldest is lost */
    LIBXL_CHANNEL_WAIT,    /* the guest waits */
} LibxlChannelOverflow;

/* How often an agent is asked that does not answer: see libxl_agent_probe.h. A guest that boots
 * has minutes until its agent runs: with these, nine. */
#define LIBXL_AGENT_PROBES     10
#define LIBXL_AGENT_PROBES_MAX 20

/* Does Domain-0 give back memory for domains that start? */
typedef enum {
    LIBXL_AUTOBALLOON_OFF,
    LIBXL_AUTOBALLOON_ON,
    LIBXL_AUTOBALLOON_AUTO, /* unless Xen's command line fixes what it has */
} LibxlAutoballoon;

/* Where things are; every path absolute. See libxl_driver_config_new(). */
typedef struct {
    char *config_dir;    /* NAME.xml: definitions */
    char *autostart_dir; /* links to definitions */
    char *save_dir;      /* managed saves */
    char *dump_dir;      /* core dumps, where on_crash asks for one */
    char *state_dir;     /* NAME.xml: live domains; driver.pid */
    char *channel_dir;   /* UUID/TARGET: sockets of channels without a path */
    char *log_dir;       /* NAME.log */
    char *hook_dir;      /* libxl, libxl.d/: see libxl_hook.h */
    char *sysfs_dir;     /* the kernel's, for devices of the host */
    char *dmi_dir;       /* the kernel's files of what the firmware says */
    char *emulator;      /* the default <emulator> */
    char *hvm_loader;    /* the default <loader> of an HVM domain */
    mode_t channel_mode; /* of a channel's socket */
    gid_t channel_group; /* of a channel's socket; (gid_t)-1: leave it */
    /* For domains that start from now on, and virtxl-channeld's channels. */
    LibxlChannelBackend channel_backend;
    guint channel_hold_in; /* bytes, see util/channel_source.h */
    guint channel_hold_out;
    LibxlChannelOverflow channel_overflow;
    guint agent_probes; /* so often an agent is asked that does not answer */
    LibxlAutoballoon autoballoon;
    guint nested_hvm; /* may an HVM guest have virtualisation of its own? */
} LibxlDriverConfig;

/* The defaults of libvirt's Xen driver under @root ("" or "/" for the real
 * paths). */
LibxlDriverConfig *libxl_driver_config_new(const char *root);
void libxl_driver_config_free(LibxlDriverConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibxlDriverConfig, libxl_driver_config_free)

/* A domain as calls and replies name it. id is -1 for one that does not run. */
typedef struct {
    char *name;
    guint8 uuid[VIR_UUID_BUFLEN];
    int id;
} LibxlDomainRef;

void libxl_domain_ref_free(LibxlDomainRef *ref);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibxlDomainRef, libxl_domain_ref_free)

/* An event of virDomainEventID; lifecycle's type and detail are libvirt's
 * virDomainEventType and its details, agent-lifecycle's a state and a reason,
 * metadata-change's a virDomainMetadataType; events of devices have an alias. */
typedef struct {
    virDomainEventID id;
    LibxlDomainRef *domain;
    int type;
    int detail;
    char *alias;
    char *uri;      /* metadata-change: the namespace, or NULL */
    guint64 kib;    /* balloon-change */
    GArray *params; /* tunable: see libxl_params.h */
} LibxlDriverEvent;

typedef void (*LibxlDriverEventFunc)(const LibxlDriverEvent *event, gpointer user_data);

/* Takes the lock on the state directory (VIR_ERR_OPERATION_INVALID, naming the
 * other daemon's pid, if it is taken), loads all definitions, adopts the
 * domains that run, deals with what stopped while no daemon was there, and
 * starts what is marked autostart. Takes @config and @host over. */
LibxlDriver *libxl_driver_open(LibxlDriverConfig *config, XenHost *host, LibxlDriverEventFunc func,
                               gpointer user_data, GError **error);

/* Ends operations that are under way, then lets go: domains go on. */
void libxl_driver_close(LibxlDriver *driver);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibxlDriver, libxl_driver_close)

/* Reads definitions that appeared on disk, as SIGHUP asks for. An operation. */
void libxl_driver_reload(LibxlDriver *driver);

/* Getters: the connection and the host */
guint64 libxl_driver_connect_get_version(LibxlDriver *driver);
const XenHostInfo *libxl_driver_node_get_info(LibxlDriver *driver);
char *libxl_driver_connect_get_capabilities(LibxlDriver *driver);
int libxl_driver_connect_get_max_vcpus(LibxlDriver *driver, const char *type, GError **error);

/* A definition from Xen's own language, and the other way: only xl.cfg, called "xen-xl".
 * Take as long as the text is, and change nothing. @flags: none. Errors:
 * VIR_ERR_INVALID_ARG for another format, and those of xen_xl.h. */
char *libxl_driver_connect_domain_xml_from_native(LibxlDriver *driver, const char *format,
                                                  const char *config, guint flags, GError **error);
char *libxl_driver_connect_domain_xml_to_native(LibxlDriver *driver, const char *format,
                                                const char *xml, guint flags, GError **error);

/* Getters: lists and lookups. @flags: virConnectListAllDomainsFlags; those about managed saves
 * ask the disk, and make it an operation. */
GPtrArray *libxl_driver_connect_list_all_domains(LibxlDriver *driver, guint flags, GError **error);
LibxlDomainRef *libxl_driver_domain_lookup_by_id(LibxlDriver *driver, int id, GError **error);
LibxlDomainRef *libxl_driver_domain_lookup_by_uuid(LibxlDriver *driver, const guint8 *uuid,
                                                   GError **error);
LibxlDomainRef *libxl_driver_domain_lookup_by_name(LibxlDriver *driver, const char *name,
                                                   GError **error);

/* Getters: a domain, named by its uuid */
bool libxl_driver_domain_get_state(LibxlDriver *driver, const guint8 *uuid, guint flags, int *state,
                                   int *reason, GError **error);
char *libxl_driver_domain_get_xml_desc(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                       GError **error);
char *libxl_driver_domain_get_os_type(LibxlDriver *driver, const guint8 *uuid, GError **error);
/* KiB */
bool libxl_driver_domain_get_max_memory(LibxlDriver *driver, const guint8 *uuid, guint64 *kib,
                                        GError **error);
bool libxl_driver_domain_get_autostart(LibxlDriver *driver, const guint8 *uuid, bool *autostart,
                                       GError **error);
bool libxl_driver_domain_is_active(LibxlDriver *driver, const guint8 *uuid, bool *active,
                                   GError **error);
bool libxl_driver_domain_is_persistent(LibxlDriver *driver, const guint8 *uuid, bool *persistent,
                                       GError **error);
bool libxl_driver_domain_is_updated(LibxlDriver *driver, const guint8 *uuid, bool *updated,
                                    GError **error);
/* An operation: asks the disk. */
bool libxl_driver_domain_has_managed_save_image(LibxlDriver *driver, const guint8 *uuid,
                                                guint flags, bool *has, GError **error);
/* @flags: virDomainVcpuFlags; with VIR_DOMAIN_VCPU_GUEST it is no getter, see
 * libxl_driver_agent.h. Returns -1 on error. */
int libxl_driver_domain_get_vcpus_flags(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                        GError **error);
char *libxl_driver_domain_get_metadata(LibxlDriver *driver, const guint8 *uuid, int type,
                                       const char *uri, guint flags, GError **error);
/* What an administrator should know of the domain, one message each. */
GStrv libxl_driver_domain_get_messages(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                       GError **error);

/* True if libxl_driver_domain_get_info() can answer without asking the
 * hypervisor: the domain does not run, or was looked at a moment ago. */
bool libxl_driver_domain_info_is_fresh(LibxlDriver *driver, const guint8 *uuid);
/* A getter if the info is fresh, an operation otherwise. */
bool libxl_driver_domain_get_info(LibxlDriver *driver, const guint8 *uuid, virDomainInfo *info,
                                  GError **error);

/* The domain that @xml is the definition of; it need not exist. Changes nothing. */
LibxlDomainRef *libxl_driver_domain_identify(LibxlDriver *driver, const char *xml, GError **error);

/* Operations. @flags: virDomainCreateFlags, virDomainDefineFlags, ... */
LibxlDomainRef *libxl_driver_domain_create_xml(LibxlDriver *driver, const char *xml, guint flags,
                                               GError **error);
LibxlDomainRef *libxl_driver_domain_define_xml(LibxlDriver *driver, const char *xml, guint flags,
                                               GError **error);
bool libxl_driver_domain_undefine(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                  GError **error);
/* *id is the id that the domain runs under. */
bool libxl_driver_domain_create(LibxlDriver *driver, const guint8 *uuid, guint flags, int *id,
                                GError **error);
bool libxl_driver_domain_destroy(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                 GError **error);
/* Both try the guest's agent first if @flags have it, then, if they have that, too, or
 * nothing, Xen's own way. */
bool libxl_driver_domain_shutdown(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                  GError **error);
bool libxl_driver_domain_reboot(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                GError **error);
bool libxl_driver_domain_suspend(LibxlDriver *driver, const guint8 *uuid, GError **error);
bool libxl_driver_domain_resume(LibxlDriver *driver, const guint8 *uuid, GError **error);
bool libxl_driver_domain_set_autostart(LibxlDriver *driver, const guint8 *uuid, bool autostart,
                                       GError **error);

/* What to set: virDomainMetadataType; NULL, or "" of a text, removes it; prefix and URI of
 * the namespace are of VIR_DOMAIN_METADATA_ELEMENT. */
typedef struct {
    int type;
    const char *value;
    const char *key;
    const char *uri;
} LibxlMetadata;

/* @flags: virDomainModificationImpact. */
bool libxl_driver_domain_set_metadata(LibxlDriver *driver, const guint8 *uuid,
                                      const LibxlMetadata *metadata, guint flags, GError **error);
/* Of a domain that does not run and is persistent. */
bool libxl_driver_domain_rename(LibxlDriver *driver, const guint8 *uuid, const char *name,
                                guint flags, GError **error);
/* Builds the domain anew as it runs, as if its guest had rebooted at once. */
bool libxl_driver_domain_reset(LibxlDriver *driver, const guint8 *uuid, guint flags,
                               GError **error);
/* Wakes an HVM guest that sleeps in RAM. */
bool libxl_driver_domain_pm_wakeup(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                   GError **error);

/* A non-maskable interrupt, for any guest that runs. */
bool libxl_driver_domain_inject_nmi(LibxlDriver *driver, const guint8 *uuid, guint flags,
                                    GError **error);

/* Presses the @n keys with @keycodes of @codeset (virKeycodeSet) together, for @holdtime
 * milliseconds (0: QEMU's default). Errors: VIR_ERR_OPERATION_UNSUPPORTED for a guest
 * that has no keyboard (neither HVM nor graphics), and for most code sets. */
bool libxl_driver_domain_send_key(LibxlDriver *driver, const guint8 *uuid, guint codeset,
                                  guint holdtime, const guint *keycodes, guint n, guint flags,
                                  GError **error);

/* Operations on devices. @flags: virDomainModificationImpact; for a detach also
 * VIR_DOMAIN_DEVICE_MODIFY_FORCE, to do it although the guest does not let go. With both
 * _LIVE and _CONFIG, either both are done or none. Errors:
 * VIR_ERR_OPERATION_INVALID for what is there already and for what the domain's state
 * forbids, VIR_ERR_DEVICE_MISSING, VIR_ERR_OPERATION_TIMEOUT if the guest does not let
 * go (the device goes on), VIR_ERR_OPERATION_UNSUPPORTED, VIR_ERR_CONFIG_UNSUPPORTED. */
bool libxl_driver_domain_attach_device(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                       guint flags, GError **error);
bool libxl_driver_domain_detach_device(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                       guint flags, GError **error);
bool libxl_driver_domain_detach_device_alias(LibxlDriver *driver, const guint8 *uuid,
                                             const char *alias, guint flags, GError **error);
/* Another medium for a cdrom drive; in the definition for a floppy drive, too. Errors:
 * VIR_ERR_CONFIG_UNSUPPORTED for all else. */
bool libxl_driver_domain_update_device(LibxlDriver *driver, const guint8 *uuid, const char *xml,
                                       guint flags, GError **error);
