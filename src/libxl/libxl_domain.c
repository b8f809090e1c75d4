/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_domain.h"

#include <string.h>

#include "libxl/libxl_agent.h"
#include "libxl/libxl_chr_lease.h"
#include "libxl/libxl_domain_list.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/log_subject.h"
#include "util/uuid.h"

/* As long as libvirt's drivers wait. */
#define JOB_WAIT_US (30 * G_USEC_PER_SEC)

LibxlDomain *
libxl_domain_new(LibxlDomainList *list, const char *name, const guint8 *uuid)
{
    LibxlDomain *domain = g_new0(LibxlDomain, 1);

    domain->ref_count = 1;
    domain->list = list;
    domain->name = g_strdup(name);
    memcpy(domain->uuid, uuid, VIR_UUID_BUFLEN);
    g_mutex_init(&domain->lock);
    g_cond_init(&domain->job_ended);
    domain->state = VIR_DOMAIN_SHUTOFF;
    domain->messages = g_ptr_array_new_with_free_func(g_free);
    domain->agent = libxl_agent_new();
    domain->chr_leases = libxl_chr_leases_new();
    return domain;
}

LibxlDomain *
libxl_domain_ref(LibxlDomain *domain)
{
    g_atomic_int_inc(&domain->ref_count);
    return domain;
}

void
libxl_domain_unref(LibxlDomain *domain)
{
    if (!domain || !g_atomic_int_dec_and_test(&domain->ref_count))
        return;
    g_clear_pointer(&domain->persistent, domain_def_free);
    g_clear_pointer(&domain->live, domain_def_free);
    g_ptr_array_unref(domain->messages);
    libxl_agent_free(domain->agent);
    libxl_chr_leases_free(domain->chr_leases);
    g_mutex_clear(&domain->lock);
    g_cond_clear(&domain->job_ended);
    g_free(domain->name);
    g_free(domain);
}

/* Under the lock. */
static void
take_job(LibxlDomain *domain)
{
    domain->has_job = true;
    domain->job_since_us = g_get_monotonic_time();
    log_subject_begin(domain->name);
}

bool
libxl_domain_begin_job(LibxlDomain *domain, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + JOB_WAIT_US;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    while (domain->has_job) {
        if (!g_cond_wait_until(&domain->job_ended, &domain->lock, deadline))
            return virtxl_error_set(
                error, VIR_ERR_OPERATION_TIMEOUT,
                _("another operation on domain '%s' has not ended within %d seconds"), domain->name,
                (int)(JOB_WAIT_US / G_USEC_PER_SEC));
    }
    if (domain->is_removed) {
        libxl_domain_not_found(domain->uuid, error);
        return false;
    }
    take_job(domain);
    return true;
}

bool
libxl_domain_try_job(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->has_job || domain->is_removed)
        return false;
    take_job(domain);
    return true;
}

void
libxl_domain_end_job(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    log_subject_end();
    domain->has_job = false;
    /* Of a domain that is removed, each who waits has to be told. */
    g_cond_broadcast(&domain->job_ended);
}

int
libxl_domain_get_id(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->live ? domain->live->id : -1;
}

bool
libxl_domain_is_active(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->live != NULL;
}

bool
libxl_domain_has_definition(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->live || domain->persistent;
}

LibxlDomainRef *
libxl_domain_make_ref(LibxlDomain *domain)
{
    LibxlDomainRef *ref = g_new0(LibxlDomainRef, 1);

    ref->name = g_strdup(domain->name);
    memcpy(ref->uuid, domain->uuid, VIR_UUID_BUFLEN);
    ref->id = libxl_domain_get_id(domain);
    return ref;
}

void
libxl_domain_ref_free(LibxlDomainRef *ref)
{
    if (!ref)
        return;
    g_free(ref->name);
    g_free(ref);
}

static void
replace_definition(LibxlDomain *domain, DomainDef **slot, DomainDef *def)
{
    DomainDef *old;

    g_mutex_lock(&domain->lock);
    old = *slot;
    *slot = def;
    g_mutex_unlock(&domain->lock);
    domain_def_free(old);
}

void
libxl_domain_set_persistent(LibxlDomain *domain, DomainDef *def)
{
    replace_definition(domain, &domain->persistent, def);
}

void
libxl_domain_set_live(LibxlDomain *domain, DomainDef *def)
{
    int old_id = libxl_domain_get_id(domain);
    int id = def ? def->id : -1;

    if (id != old_id)
        libxl_domain_list_enter_id(domain->list, domain, id);
    replace_definition(domain, &domain->live, def);
    if (!def || id != old_id) {
        libxl_domain_list_leave_id(domain->list, domain, old_id);
        libxl_agent_interrupt(domain->agent);
        libxl_agent_forget(domain->agent);
        libxl_chr_leases_end(domain->chr_leases);
    }
}

void
libxl_domain_change_live(LibxlDomain *domain, DomainDef *def)
{
    libxl_domain_set_live(domain, def);
    g_mutex_lock(&domain->lock);
    domain->is_updated = true;
    g_mutex_unlock(&domain->lock);
}

void
libxl_domain_forget_sample(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->sample.taken_us = 0;
}

void
libxl_domain_set_state(LibxlDomain *domain, virDomainState state, int reason)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->state = state;
    domain->reason = reason;
}

void
libxl_domain_set_foreign(LibxlDomain *domain, bool is_foreign)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->is_foreign = is_foreign;
}

void
libxl_domain_set_autostart(LibxlDomain *domain, bool autostart)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->autostart = autostart;
}

void
libxl_domain_add_messages(LibxlDomain *domain, GPtrArray *messages)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    for (guint i = 0; i < messages->len; i++) {
        g_warning("%s", (const char *)messages->pdata[i]);
        g_ptr_array_add(domain->messages, g_strdup(messages->pdata[i]));
    }
}

LibxlDomain *
libxl_domain_not_found(const guint8 *uuid, GError **error)
{
    char text[UUID_STRING_SIZE];

    uuid_format(uuid, text);
    virtxl_error_set(error, VIR_ERR_NO_DOMAIN, _("no domain with matching uuid '%s'"), text);
    return NULL;
}
