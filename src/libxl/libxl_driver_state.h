/* What the files of the driver share: the driver itself. Only src/libxl
 * includes this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/cpu_model.h"
#include "conf/domain_schema.h"
#include "libxl/libxl_domain_list.h"
#include "libxl/libxl_driver.h"

typedef struct LibxlBalloon LibxlBalloon; /* libxl_balloon.h */

struct LibxlDriver {
    LibxlDriverConfig *config;
    XenHost *host;
    XenHostInfo info;
    CpuHost *cpu;                 /* NULL: nothing is known of CPUs */
    DomainSchema *cpu_schema;     /* as schema */
    char *capabilities;           /* XML */
    DomainGuestKind *guest_kinds; /* that this host runs */
    DomainSchema *schema;         /* for who asks for validation */
    LibxlDomainList *domains;
    int lock_fd; /* driver.pid, locked */

    LibxlDriverEventFunc event_func; /* called in the default main context */
    gpointer event_data;
    GAsyncQueue *events; /* of LibxlDriverEvent, not yet delivered */

    /* Follows up on what the host reports (a domain that stopped): may block. */
    GThreadPool *follow_up;
    GThreadPool *probes;     /* of agents: libxl_agent_probe.c */
    gint agent_looks;        /* atomic: it will look at the backend's counters, */
    gint agent_look_s;       /* the next time after so many seconds */
    GThreadPool *reconnects; /* hooks: libxl_adopt.c */
    GThreadPool *autostart;  /* NULL if there was nothing to start */
    GMutex timers_lock;
    GPtrArray *timers; /* of GSource: what is to be done later */
    gint is_closing;

    GMutex sample_lock;
    LibxlBalloon *balloon;
};

/* For driver->events. */
GAsyncQueue *libxl_driver_events_new(void);

/* Tells clients, through the default main context. May be called anywhere. */
void libxl_driver_emit(LibxlDriver *driver, LibxlDomain *domain, virDomainEventID id, int type,
                       int detail);
/* The same with all that @event says; what it has is taken over. */
void libxl_driver_emit_event(LibxlDriver *driver, LibxlDomain *domain, LibxlDriverEvent event);
/* The job that is held was @operation, one of those that take long: keeps how it ended for
 * who asks, and tells clients. */
void libxl_driver_note_job(LibxlDriver *driver, LibxlDomain *domain,
                           virDomainJobOperation operation, bool is_ok);
/* An event about the device that has @alias. */
void libxl_driver_emit_device(LibxlDriver *driver, LibxlDomain *domain, virDomainEventID id,
                              const char *alias);

/* Calls @func in the default main context after @milliseconds, unless the driver closes
 * before. @free: what then is done with @data (NULL: nothing). Any thread. */
typedef void (*LibxlLaterFunc)(LibxlDriver *driver, gpointer data);
void libxl_driver_later(LibxlDriver *driver, guint milliseconds, LibxlLaterFunc func, gpointer data,
                        GDestroyNotify free);

/* Follows up on @event after @milliseconds. */
void libxl_driver_follow_up_later(LibxlDriver *driver, const XenHostEvent *event,
                                  guint milliseconds);

/* The domain with @uuid, or VIR_ERR_NO_DOMAIN. */
LibxlDomain *libxl_driver_find(LibxlDriver *driver, const guint8 *uuid, GError **error);

/* The id of the domain, which runs, or -1: VIR_ERR_OPERATION_INVALID if it does not. */
int libxl_driver_find_running(LibxlDriver *driver, const guint8 *uuid, GError **error);

/* The domain, which has a definition, with its lock taken; give both back with
 * libxl_driver_unlock_domain(). */
LibxlDomain *libxl_driver_find_and_lock(LibxlDriver *driver, const guint8 *uuid, GError **error);
void libxl_driver_unlock_domain(LibxlDomain *domain);
/* Under the lock: what the affect flags of @flags choose: 0 (current) is live for a domain
 * that runs. Fails as libvirt does where that definition isn't there. */
const DomainDef *libxl_driver_choose_definition(const LibxlDomain *domain, guint flags,
                                                GError **error);

/* Whether it is one of those that @flags (virConnectListAllDomainsFlags) ask for. */
bool libxl_driver_domain_passes(LibxlDriver *driver, LibxlDomain *domain, guint flags);

/* The domain with @uuid and its job held; ended by libxl_driver_end(). */
LibxlDomain *libxl_driver_begin(LibxlDriver *driver, const guint8 *uuid, GError **error);
void libxl_driver_end(LibxlDomain *domain);

/* Begins an operation on a domain that runs and isn't Domain-0. */
LibxlDomain *libxl_driver_begin_active(LibxlDriver *driver, const guint8 *uuid, GError **error);

/* The domain that @def is about, new or known, with its job held; ended by
 * libxl_driver_end_obtained(). */
LibxlDomain *libxl_driver_obtain(LibxlDriver *driver, const DomainDef *def, GError **error);
void libxl_driver_end_obtained(LibxlDriver *driver, LibxlDomain *domain);

/* VIR_ERR_OPERATION_INVALID. */
bool libxl_driver_check_inactive(const LibxlDomain *domain, GError **error);
/* Domain-0 is the machine that we run on. VIR_ERR_OPERATION_INVALID. */
bool libxl_driver_check_not_domain_zero(const LibxlDomain *domain, GError **error);

/* With the job: makes the current definition, if @flags (virDomainModificationImpact) means
 * that, the live one of a domain that runs, else that for the next start.
 * VIR_ERR_OPERATION_INVALID if one that is meant isn't there. */
bool libxl_driver_resolve_affect(const LibxlDomain *domain, guint *flags, GError **error);

/* VIR_ERR_INVALID_ARG if @flags has more than @known, naming @call. */
bool libxl_driver_check_flags(guint flags, guint known, const char *call, GError **error);

/* What the parser fills in for a definition. What is on disk or runs already is
 * loaded whatever this host can run; @guest_kinds is for what a client brings. */
DomainParseDefaults libxl_driver_parse_defaults(LibxlDriver *driver);
