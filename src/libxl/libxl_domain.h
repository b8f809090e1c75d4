/* One domain as the driver knows it; libxl_domain_list.h has the list of all of them.
 *
 * A LibxlDomain has up to two definitions: the persistent one (what the next
 * start uses; on disk) and the live one (what runs now). At least one of them
 * is there, or the object is on its way in or out and nobody sees it.
 *
 * Two things guard a domain. Its lock guards every field, is held for moments
 * only, and never across a call to the hypervisor or a disk, so that getters
 * answer in the event loop. Its job is what an operation holds from begin to
 * end, so that operations on one domain come one after another; only the holder
 * of the job changes the definitions and the state. Name and uuid never change.
 *
 * No lock is taken while another one is held.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"
#include "libxl/libxl_driver.h"
#include "xen/xen_host.h"

/* What the hypervisor said of a domain the last time it was asked. */
typedef struct {
    guint64 cpu_time_ns;
    guint64 memory_kib;
    guint vcpus;
    gint64 taken_us; /* g_get_monotonic_time(); 0: never */
} LibxlDomainSample;

/* The last job of those that take long, and how it ended. */
typedef struct {
    virDomainJobOperation operation; /* _UNKNOWN: there was none */
    guint64 elapsed_ms;
    bool is_ok;
} LibxlEndedJob;

typedef struct LibxlAgent LibxlAgent;           /* libxl_agent.h */
typedef struct LibxlChrLeases LibxlChrLeases;   /* libxl_chr_lease.h */
typedef struct LibxlDomainList LibxlDomainList; /* libxl_domain_list.h */

typedef struct {
    gint ref_count;
    char *name;
    guint8 uuid[VIR_UUID_BUFLEN];
    LibxlDomainList *list;      /* that it is in, or was */
    LibxlAgent *agent;          /* has a lock of its own */
    LibxlChrLeases *chr_leases; /* likewise */

    GMutex lock;
    GCond job_ended;
    bool has_job;
    gint64 job_since_us; /* g_get_monotonic_time() */
    LibxlEndedJob ended_job;
    bool is_removed; /* no longer in the list: look it up again */

    DomainDef *persistent;
    DomainDef *live;
    virDomainState state;
    int reason;
    bool autostart;
    bool is_foreign; /* another toolstack's: its death is not our business */
    bool is_updated; /* the live definition changed since the start */
    LibxlDomainSample sample;
    GPtrArray *messages; /* of char *: warnings about the live domain */

    bool is_probed;        /* libxl_agent_probe.c asks its agent now and then */
    guint probes;          /* so many times so far */
    bool is_awaited;       /* it waits for the agent to say something, */
    guint64 awaited_after; /* beyond so many bytes */
    gint channels_look;    /* atomic: libxl_channel_state.c is to look at the channels */

    gint64 started_us;    /* when the last start was: limits reboot loops */
    guint quick_restarts; /* in a row, that came too soon and did not wait */
} LibxlDomain;

LibxlDomain *libxl_domain_ref(LibxlDomain *domain);
void libxl_domain_unref(LibxlDomain *domain);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibxlDomain, libxl_domain_unref)

/* One without a definition, for @list to keep. */
LibxlDomain *libxl_domain_new(LibxlDomainList *list, const char *name, const guint8 *uuid);

/* Waits for the domain's job and takes it. Errors: VIR_ERR_OPERATION_TIMEOUT
 * when another operation does not end within 30 s; VIR_ERR_NO_DOMAIN when the
 * domain went away meanwhile. */
bool libxl_domain_begin_job(LibxlDomain *domain, GError **error);
/* Takes it if nobody has it. */
bool libxl_domain_try_job(LibxlDomain *domain);
void libxl_domain_end_job(LibxlDomain *domain);

/* The id it runs under, or -1. Takes the lock. */
int libxl_domain_get_id(LibxlDomain *domain);
bool libxl_domain_is_active(LibxlDomain *domain);
/* One of the two, or both. Takes the lock. */
bool libxl_domain_has_definition(LibxlDomain *domain);
LibxlDomainRef *libxl_domain_make_ref(LibxlDomain *domain);

/* For the holder of the job. Those with @def take it over (NULL: none). The id of a live
 * definition never changes. */
void libxl_domain_set_persistent(LibxlDomain *domain, DomainDef *def);
void libxl_domain_set_live(LibxlDomain *domain, DomainDef *def);
/* The same for a domain that goes on running, with other devices. */
void libxl_domain_change_live(LibxlDomain *domain, DomainDef *def);
/* What the hypervisor said of it is out of date. */
void libxl_domain_forget_sample(LibxlDomain *domain);
void libxl_domain_set_state(LibxlDomain *domain, virDomainState state, int reason);
void libxl_domain_set_foreign(LibxlDomain *domain, bool is_foreign);
void libxl_domain_set_autostart(LibxlDomain *domain, bool autostart);
/* Adds each of them, and logs it. */
void libxl_domain_add_messages(LibxlDomain *domain, GPtrArray *messages);

/* The error that libvirt gives for a uuid that isn't known. Returns NULL. */
LibxlDomain *libxl_domain_not_found(const guint8 *uuid, GError **error);
