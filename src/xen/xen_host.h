/* The port to a hypervisor.
 *
 * The driver (src/libxl) reaches Xen through this table of functions and by no
 * other way. Two implementations stand behind it:
 *
 *   xen_host_libxl.c  the real host: libxl, xenstore
 *   xen_host_sim.c    the simulated host: a client of virtxl-simhost, a process
 *                     of its own that outlives the daemon as Xen outlives its
 *                     toolstack
 *
 * A domain is built from a libxl_domain_config, whoever hosts it; the simulated
 * host gets it as libxl's own JSON.
 *
 * Calls may block for as long as a domain build takes, so they belong on worker
 * threads, never in the event loop. Every call may be made from any thread and
 * several at once. Errors are VIRTXL_ERROR with libvirt's codes: VIR_ERR_NO_DOMAIN
 * where the domid is not (or no longer) there, VIR_ERR_INTERNAL_ERROR with
 * libxl's own last message for what the hypervisor refused.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libxl.h>
#include <stdbool.h>

#include "util/channel_source.h"
#include "xen/xen_channel_stats.h"
#include "xen/xen_device.h"
#include "xen/xen_tune.h"

typedef struct XenHost XenHost;

/* Where an online physical CPU (thread) is. */
typedef struct {
    guint id;
    guint node;
    guint socket;
    guint core; /* of the socket */
} XenCpuPlace;

/* A NUMA node. */
typedef struct {
    guint64 size_kib;
    GArray *distances; /* of guint, by node: 10 is its own memory; empty: not known */
} XenNode;

/* Words of CPUID that libxl tells. */
#define XEN_HOST_HW_CAPS 8

/* What does not change while the host runs. */
typedef struct {
    char *model;        /* machine, as uname -m has it */
    guint64 memory_kib; /* all memory that Xen manages */
    guint cpus;         /* physical CPUs (threads) that are online */
    guint mhz;          /* of one CPU */
    guint nodes;        /* NUMA nodes, at least 1 */
    guint sockets;      /* a node */
    guint cores;        /* a socket */
    guint threads;      /* a core */
    guint max_vcpus;    /* that one domain may have */
    guint64 version;    /* of Xen: major * 1000000 + minor * 1000 + release,
                               as virConnectGetVersion counts */
    char *capabilities; /* Xen's list of guest ABIs ("xen-3.0-x86_64 hvm-3.0-x86_64 ...") */
    char *command_line; /* Xen's own */
    bool has_hvm;       /* the CPU can run HVM and PVH guests */
    bool has_hap;       /* ... with nested paging */
    guint32 hw_cap[XEN_HOST_HW_CAPS]; /* as libxl_physinfo has them; 0: not known */
    GArray *cpu_places;               /* of XenCpuPlace, by id; NULL: not known */
    GArray *node_list;                /* of XenNode, by number; NULL: not known */
} XenHostInfo;

void xen_host_info_clear(XenHostInfo *info);

/* An empty array of XenNode, which owns their distances. */
GArray *xen_node_list_new(void);

/* A domain as the hypervisor sees it. shutdown_reason is meaningful if
 * is_shutdown is set. */
typedef struct {
    guint32 domid;
    guint8 uuid[16];
    char *name; /* from xenstore; may be "" while a domain is being built */
    libxl_domain_type type;
    bool is_running;
    bool is_blocked;
    bool is_paused;
    bool is_shutdown;
    bool is_dying;
    libxl_shutdown_reason shutdown_reason;
    guint64 current_memory_kib;
    guint64 max_memory_kib;
    guint64 cpu_time_ns;
    guint online_vcpus;
    guint max_vcpus;
} XenDomainInfo;

void xen_domain_info_free(XenDomainInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XenDomainInfo, xen_domain_info_free)

/* A channel of a running domain, read by its device id (libxl's own list counts
 * by position, which is wrong once there is a hole). */
typedef struct {
    guint devid; /* the primary console is 0, channels count from 1 */
    char *name;
    char *path; /* the socket, or the host's end of the pty; NULL if not known yet */
    bool is_pty;
    bool is_ours; /* virtxl-channeld serves it */
    /* The guest's driver and the backend are connected (XenbusStateConnected of the
     * backend, which follows the frontend); a program may have it open or not. */
    bool is_connected;
} XenChannelInfo;

void xen_channel_info_free(XenChannelInfo *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XenChannelInfo, xen_channel_info_free)

typedef enum {
    XEN_CONSOLE_PV,     /* the primary PV console */
    XEN_CONSOLE_SERIAL, /* an emulated serial port of an HVM domain */
} XenConsoleKind;

typedef enum {
    XEN_HOST_DOMAIN_CREATED,   /* a domain that was not there before */
    XEN_HOST_DOMAIN_SHUTDOWN,  /* it has stopped, for event->reason, and waits to be destroyed */
    XEN_HOST_DOMAIN_GONE,      /* its id is no longer in use */
    XEN_HOST_CHANNELS_CHANGED, /* a channel of it has connected or no longer is; it may
                                * have been so for a moment only */
    XEN_HOST_LOST,             /* the (simulated) host itself is gone; nothing works any more */
} XenHostEventType;

typedef struct {
    XenHostEventType type;
    guint32 domid;
    guint8 uuid[16];
    libxl_shutdown_reason reason; /* for SHUTDOWN */
} XenHostEvent;

/* Called in the default main context, in the order things happened. Whoever
 * started a domain is told of it too, so what is known already is ignored. */
typedef void (*XenHostEventFunc)(const XenHostEvent *event, gpointer user_data);

typedef struct {
    const char *name; /* "libxl" or "sim" */

    void (*close)(XenHost *host);

    /* From now on calls @func for what happens; what happened before is for
     * list_domains to tell. */
    bool (*watch)(XenHost *host, XenHostEventFunc func, gpointer user_data, GError **error);

    bool (*get_info)(XenHost *host, XenHostInfo *info, GError **error);
    bool (*get_free_memory)(XenHost *host, guint64 *kib, GError **error);
    /* If less is free than the domain of @config needs (then in @need_kib) and @promised_kib
     * that others will take, has Domain-0 give back the difference, and waits for it as long as
     * there is progress. */
    bool (*make_room)(XenHost *host, libxl_domain_config *config, guint64 promised_kib,
                      guint64 *need_kib, GError **error);

    /* Returns an array of XenDomainInfo, Domain-0 included, by domid. */
    GPtrArray *(*list_domains)(XenHost *host, GError **error);
    XenDomainInfo *(*get_domain)(XenHost *host, guint32 domid, GError **error);

    /* Builds a domain and leaves it paused. On failure nothing of it is left. */
    bool (*create)(XenHost *host, libxl_domain_config *config, guint32 *domid, GError **error);
    bool (*unpause)(XenHost *host, guint32 domid, GError **error);
    bool (*pause)(XenHost *host, guint32 domid, GError **error);
    /* Ask the guest; an HVM guest without PV drivers is asked through ACPI. */
    bool (*shutdown)(XenHost *host, guint32 domid, GError **error);
    bool (*reboot)(XenHost *host, guint32 domid, GError **error);
    /* Ends when the domain's id is free and its devices are gone. */
    bool (*destroy)(XenHost *host, guint32 domid, GError **error);
    /* Has the guest suspend itself and writes all of it to @fd, a blocking descriptor. It
     * then is shut down (LIBXL_SHUTDOWN_REASON_SUSPEND) and waits for destroy or resume;
     * on failure it runs on. */
    bool (*save)(XenHost *host, guint32 domid, int fd, GError **error);
    /* Lets it go on after save. Nothing happens to one that is not suspended. */
    bool (*resume)(XenHost *host, guint32 domid, GError **error);
    /* Like create, from what save wrote; @version is the stream's. */
    bool (*restore)(XenHost *host, libxl_domain_config *config, int fd, guint version,
                    guint32 *domid, GError **error);
    /* Writes the domain's memory to @path. */
    bool (*dump_core)(XenHost *host, guint32 domid, const char *path, GError **error);

    /* Returns an array of XenChannelInfo, by devid. */
    GPtrArray *(*list_channels)(XenHost *host, guint32 domid, GError **error);
    /* Channels that virtxl-channeld serves, not libxl's QEMU. Is it there? Errors:
     * VIR_ERR_OPERATION_FAILED, in words that say how to start it. */
    bool (*check_channel_backend)(XenHost *host, GError **error);
    /* Makes the channel @name with device id @devid, and waits until the backend
     * serves it; libxl's teardown of the domain removes it. Errors:
     * VIR_ERR_OPERATION_FAILED in the backend's own words, or that it does not
     * answer; then nothing of the channel is left. */
    bool (*add_channel)(XenHost *host, guint32 domid, guint devid, const char *name,
                        const ChannelSource *source, GError **error);
    /* Has the guest let go of it, and removes it. Without @force fails with
     * VIR_ERR_OPERATION_TIMEOUT, and the channel goes on, if the guest does not; one that
     * no driver of the guest has ever taken is removed all the same. */
    bool (*remove_channel)(XenHost *host, guint32 domid, guint devid, bool force, GError **error);

    /* Resources of a running domain. Memory is in KiB; @max is what the guest may get at
     * most. An array of XenVcpuInfo has all that the domain may have, by number. */
    GPtrArray *(*list_vcpus)(XenHost *host, guint32 domid, GError **error);
    /* The first @n are to be online; the guest does it in its own time. */
    bool (*set_online_vcpus)(XenHost *host, guint32 domid, guint n, GError **error);
    /* @cpus: as XenVcpuInfo's affinity. */
    bool (*pin_vcpu)(XenHost *host, guint32 domid, guint vcpu, const GByteArray *cpus,
                     GError **error);
    bool (*set_memory)(XenHost *host, guint32 domid, guint64 kib, GError **error);
    bool (*set_max_memory)(XenHost *host, guint32 domid, guint64 max, GError **error);
    bool (*get_scheduler)(XenHost *host, guint32 domid, XenScheduler *scheduler, GError **error);
    /* Sets weight and cap. */
    bool (*set_scheduler)(XenHost *host, guint32 domid, const XenScheduler *scheduler,
                          GError **error);
    /* Gives the guest an event of the machine's: wake-up from S3 is for HVM guests only. */
    bool (*send_trigger)(XenHost *host, guint32 domid, libxl_trigger trigger, GError **error);
    /* Has the device model of a guest carry out @command of its monitor, as a person
     * would type it. Errors: VIR_ERR_OPERATION_FAILED with what it complains about. */
    bool (*tell_qemu)(XenHost *host, guint32 domid, const char *command, GError **error);

    /* Counters of the domain's devices: arrays of XenBlockStats and XenInterfaceStats,
     * without those that the host does not count. */
    GPtrArray *(*get_block_stats)(XenHost *host, guint32 domid, GError **error);
    GPtrArray *(*get_interface_stats)(XenHost *host, guint32 domid, GError **error);
    /* Of all domains' channels that virtxl-channeld serves; see xen_channel_stats_list(). */
    GPtrArray *(*list_channel_stats)(XenHost *host, GError **error);

    /* An array of XenNodeMemory. */
    GArray *(*list_nodes)(XenHost *host, GError **error);

    /* Devices that libxl makes. Returns an array of XenDeviceInfo, in no order. */
    GPtrArray *(*list_devices)(XenHost *host, guint32 domid, GError **error);
    /* Adds @device to a running domain; what libxl chooses is filled in. On failure
     * nothing of it is left. */
    bool (*add_device)(XenHost *host, guint32 domid, XenDevice *device, GError **error);
    /* Removes it; one that is not there is no error. Without @force fails with
     * VIR_ERR_OPERATION_TIMEOUT if the guest does not let go of a disk, which then
     * stays; libxl does not take back what it asked for, so that it goes when the guest
     * lets go later. */
    bool (*remove_device)(XenHost *host, guint32 domid, XenDeviceType type, const char *name,
                          bool force, GError **error);
    /* The CD-ROM drive with the target of @disk gets its medium, which may be none. */
    bool (*change_medium)(XenHost *host, guint32 domid, XenDevice *disk, GError **error);
    /* Takes @pci from its driver on the host, so that it can be given to a guest, or gives it
     * back. One that is so already is no error. */
    bool (*set_assignable)(XenHost *host, XenDevice *pci, bool assignable, GError **error);

    /* Returns the pty's path, or NULL. @index counts the serial ports. */
    char *(*get_console_path)(XenHost *host, guint32 domid, XenConsoleKind kind, guint index,
                              GError **error);

    /* What a toolstack keeps with a domain (libxl's userdata); lives as long as
     * the domain. load gives *data = NULL, *size = 0 if there is none. */
    bool (*store_userdata)(XenHost *host, guint32 domid, const char *key, const void *data,
                           gsize size, GError **error);
    bool (*load_userdata)(XenHost *host, guint32 domid, const char *key, char **data, gsize *size,
                          GError **error);
} XenHostOps;

/* An implementation embeds this as its first member. */
struct XenHost {
    const XenHostOps *ops;
};

/* Whether what this thread calls, from now on, is the driver's own look at things: it comes when
 * it comes, and nobody has asked for it. The simulated host counts that apart when it is told to
 * fail the K-th call. At first it is not. */
void xen_host_set_own(bool is_own);
bool xen_host_is_own(void);

/* Closes @host (NULL is no error); domains go on. */
void xen_host_close(XenHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XenHost, xen_host_close)

/* Opens the real host. Fails with one line that says so, and how to go on, on a
 * machine that does not run Xen or is not its control domain. @root ("" for none) is
 * where the backend of channels has its files. */
XenHost *xen_host_libxl_open(const char *root, GError **error);

/* Connects to the simulated host that belongs to @root, and starts it if it is
 * not there; its program is @program, or the one installed if NULL. */
XenHost *xen_host_sim_open(const char *root, const char *program, GError **error);
