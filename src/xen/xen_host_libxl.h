/* What the files of the real host share; nobody else includes it.
 *
 *   xen_host_libxl.c          the table of functions, and what domains there are
 *   xen_host_libxl_channel.c  channels that virtxl-channeld serves
 *   xen_host_libxl_context.c  libxl contexts and what libxl has to say
 *   xen_host_libxl_device.c   devices that come and go while a domain runs
 *   xen_host_libxl_info.c     opening, and what is known of the machine
 *   xen_host_libxl_life.c     a domain's life
 *   xen_host_libxl_save.c     a domain into a file, and out of it
 *   xen_host_libxl_stats.c    counters of disks and interfaces
 *   xen_host_libxl_store.c    consoles and channels, out of xenstore
 *   xen_host_libxl_tune.c     virtual CPUs, memory, scheduler
 *   xen_host_libxl_watch.c    the thread that tells what happens to domains
 *
 * A libxl context holds its lock for the synchronous parts of an operation, a
 * whole domain build among them. So every call takes a context of its own out of
 * a pool and gives it back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libxl_utils.h>
#include <xenstore.h>

#include "xen/xen_host.h"

/* --- contexts ----------------------------------------------------------- */

typedef struct XenContextPool XenContextPool;

typedef struct {
    xentoollog_logger logger; /* first: libxl hands it back to us */
    XenContextPool *pool;
    pid_t pid;
    libxl_ctx *libxl;
    /* What libxl reported as errors since the context was taken. */
    GPtrArray *errors;
} XenContext;

XenContextPool *xen_context_pool_new(void);
/* All contexts must have been given back. */
void xen_context_pool_free(XenContextPool *pool);

/* Errors: VIR_ERR_INTERNAL_ERROR with libxl's message. */
XenContext *xen_context_take(XenContextPool *pool, GError **error);
void xen_context_give_back(XenContext *context);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XenContext, xen_context_give_back)

/* Sets *@error for libxl's result @rc, out of the formatted text and libxl's
 * messages: VIR_ERR_INTERNAL_ERROR. Always returns false. */
bool xen_context_fail(XenContext *context, int rc, GError **error, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/* The same for an operation on a domain: VIR_ERR_NO_DOMAIN if it is not there. */
bool xen_context_fail_domain(XenContext *context, int rc, guint32 domid, GError **error,
                             const char *format, ...) G_GNUC_PRINTF(5, 6);

/* All domains, for libxl_dominfo_list_free(), or NULL and the error. */
libxl_dominfo *xen_context_list_domains(XenContext *context, int *n_infos, GError **error);

/* Whether one of libxl's messages has @part in it. */
bool xen_context_has_error(const XenContext *context, const char *part);

/* Sets VIR_ERR_NO_DOMAIN. Always returns false. */
bool xen_host_no_domain(guint32 domid, GError **error);

/* What the functions of the table take of @host. */
XenContext *xen_host_libxl_take_context(XenHost *host, GError **error);
struct xs_handle *xen_host_libxl_get_store(XenHost *host);

/* --- the machine -------------------------------------------------------- */

/* Fails on a machine that does not run Xen, or in a domain that can't control
 * it, before libxl or xenstore is asked anything (which could block forever). */
bool xen_host_libxl_check_machine(GError **error);

bool xen_host_libxl_get_info(XenContext *context, XenHostInfo *info, GError **error);

/* --- a domain's life: see XenHostOps --------------------------------------- */

bool xen_host_libxl_create(XenHost *host, libxl_domain_config *config, guint32 *domid,
                           GError **error);
bool xen_host_libxl_unpause(XenHost *host, guint32 domid, GError **error);
bool xen_host_libxl_pause(XenHost *host, guint32 domid, GError **error);
bool xen_host_libxl_shutdown(XenHost *host, guint32 domid, GError **error);
bool xen_host_libxl_reboot(XenHost *host, guint32 domid, GError **error);
bool xen_host_libxl_destroy(XenHost *host, guint32 domid, GError **error);
bool xen_host_libxl_dump_core(XenHost *host, guint32 domid, const char *path, GError **error);
bool xen_host_libxl_save(XenHost *host, guint32 domid, int fd, GError **error);
bool xen_host_libxl_resume(XenHost *host, guint32 domid, GError **error);
bool xen_host_libxl_restore(XenHost *host, libxl_domain_config *config, int fd, guint version,
                            guint32 *domid, GError **error);

/* libxl destroys what it could not complete, @domid if it came so far, unless that fails,
 * too. */
void xen_host_libxl_remove_incomplete(XenHost *host, XenContext *context,
                                      libxl_domain_config *config, guint32 domid);

/* --- xenstore ----------------------------------------------------------- */

/* A connection of its own to xenstored's socket, on which nothing is ever said:
 * it hangs up when xenstored ends, which libxenstore does not tell. -1 with errno
 * set if nobody accepts there. */
int xen_store_connect(void);

/* The text of the node, or NULL (errno as xs_read has it). */
char *xen_store_read(struct xs_handle *xs, const char *format, ...) G_GNUC_PRINTF(2, 3);

GPtrArray *xen_store_list_channels(struct xs_handle *xs, guint32 domid);
char *xen_store_get_console_path(struct xs_handle *xs, guint32 domid, XenConsoleKind kind,
                                 guint index);
/* Removes what is left of a domain's channels when the domain itself is gone. */
void xen_store_remove_consoles(struct xs_handle *xs, guint32 domid);

/* --- channels that virtxl-channeld serves ---------------------------------- */

/* See XenHostOps. Each opens a connection to xenstored of its own. */
bool xen_channel_check_backend(const char *root, GError **error);
bool xen_channel_add(guint32 domid, guint devid, const char *name, const ChannelSource *source,
                     GError **error);
bool xen_channel_remove(guint32 domid, guint devid, bool force, GError **error);

/* Who may do what with a node. */
typedef enum {
    XEN_STORE_HOST,     /* the host's alone (n0) */
    XEN_STORE_READABLE, /* the guest may read it (n0,rD) */
    XEN_STORE_GUEST,    /* the guest's, the host may read it (nD,r0) */
} XenStoreAccess;

typedef struct {
    char *path;
    char *value; /* NULL: a directory */
    XenStoreAccess access;
} XenStoreNode;

/* All nodes of a channel, an array of XenStoreNode, directories first. */
GPtrArray *xen_channel_build_nodes(guint32 domid, guint devid, const char *name,
                                   const ChannelSource *source);

/* --- resources and counters: see XenHostOps -------------------------------- */

GPtrArray *xen_host_libxl_list_vcpus(XenHost *host, guint32 domid, GError **error);
bool xen_host_libxl_set_online_vcpus(XenHost *host, guint32 domid, guint n, GError **error);
bool xen_host_libxl_pin_vcpu(XenHost *host, guint32 domid, guint vcpu, const GByteArray *cpus,
                             GError **error);
/* xen_host_libxl_memory.c */
bool xen_host_libxl_get_free_memory(XenHost *host, guint64 *kib, GError **error);
bool xen_host_libxl_make_room(XenHost *host, libxl_domain_config *config, guint64 promised_kib,
                              guint64 *need_kib, GError **error);

bool xen_host_libxl_set_memory(XenHost *host, guint32 domid, guint64 kib, GError **error);
bool xen_host_libxl_set_max_memory(XenHost *host, guint32 domid, guint64 max, GError **error);
bool xen_host_libxl_get_scheduler(XenHost *host, guint32 domid, XenScheduler *scheduler,
                                  GError **error);
bool xen_host_libxl_set_scheduler(XenHost *host, guint32 domid, const XenScheduler *scheduler,
                                  GError **error);
bool xen_host_libxl_send_trigger(XenHost *host, guint32 domid, libxl_trigger trigger,
                                 GError **error);
bool xen_host_libxl_tell_qemu(XenHost *host, guint32 domid, const char *command, GError **error);
GArray *xen_host_libxl_list_nodes(XenHost *host, GError **error);
GPtrArray *xen_host_libxl_get_block_stats(XenHost *host, guint32 domid, GError **error);
GPtrArray *xen_host_libxl_get_interface_stats(XenHost *host, guint32 domid, GError **error);

/* --- devices that libxl makes ------------------------------------------------ */

/* See XenHostOps. */
GPtrArray *xen_device_list(XenContext *context, guint32 domid);
bool xen_device_add(XenContext *context, guint32 domid, XenDevice *device, GError **error);
bool xen_device_remove(XenContext *context, guint32 domid, XenDeviceType type, const char *name,
                       bool force, GError **error);
bool xen_device_change_medium(XenContext *context, guint32 domid, XenDevice *disk, GError **error);
bool xen_device_set_assignable(XenContext *context, XenDevice *pci, bool assignable,
                               GError **error);

/* --- events ------------------------------------------------------------- */

typedef struct XenWatch XenWatch;

XenWatch *xen_watch_new(XenContextPool *pool, XenHostEventFunc func, gpointer user_data,
                        GError **error);
/* No event is delivered afterwards. To be called where events are delivered. */
void xen_watch_free(XenWatch *watch);
