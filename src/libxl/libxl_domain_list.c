/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_domain_list.h"

#include <string.h>

#include "util/error.h"
#include "util/i18n.h"
#include "util/uuid.h"

struct LibxlDomainList {
    GMutex lock;
    GHashTable *by_uuid; /* owns a reference */
    GHashTable *by_name;
    GHashTable *by_id; /* those that run */
};

/* Of all its bytes: who defines a domain chooses its uuid. */
static guint
uuid_hash(gconstpointer key)
{
    guint32 words[VIR_UUID_BUFLEN / sizeof(guint32)];
    guint hash = 0;

    memcpy(words, key, sizeof(words));
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        hash = hash * 31 + words[i];
    return hash;
}

static gboolean
uuid_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, VIR_UUID_BUFLEN) == 0;
}

static void
unref_value(gpointer domain)
{
    libxl_domain_unref(domain);
}

LibxlDomainList *
libxl_domain_list_new(void)
{
    LibxlDomainList *list = g_new0(LibxlDomainList, 1);

    g_mutex_init(&list->lock);
    list->by_uuid = g_hash_table_new_full(uuid_hash, uuid_equal, NULL, unref_value);
    list->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    list->by_id = g_hash_table_new(NULL, NULL);
    return list;
}

void
libxl_domain_list_free(LibxlDomainList *list)
{
    if (!list)
        return;
    g_hash_table_unref(list->by_id);
    g_hash_table_unref(list->by_name);
    g_hash_table_unref(list->by_uuid);
    g_mutex_clear(&list->lock);
    g_free(list);
}

static LibxlDomain *
peek(LibxlDomainList *list, GHashTable *table, gconstpointer key)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&list->lock);
    LibxlDomain *domain = g_hash_table_lookup(table, key);

    return domain ? libxl_domain_ref(domain) : NULL;
}

static LibxlDomain *
find(LibxlDomainList *list, GHashTable *table, gconstpointer key)
{
    LibxlDomain *domain = peek(list, table, key);

    if (domain && !libxl_domain_has_definition(domain))
        g_clear_pointer(&domain, libxl_domain_unref);
    return domain;
}

LibxlDomain *
libxl_domain_list_find_uuid(LibxlDomainList *list, const guint8 *uuid)
{
    return find(list, list->by_uuid, uuid);
}

LibxlDomain *
libxl_domain_list_peek_uuid(LibxlDomainList *list, const guint8 *uuid)
{
    return peek(list, list->by_uuid, uuid);
}

LibxlDomain *
libxl_domain_list_find_name(LibxlDomainList *list, const char *name)
{
    return find(list, list->by_name, name);
}

GPtrArray *
libxl_domain_list_get_all(LibxlDomainList *list)
{
    GPtrArray *all = g_ptr_array_new_with_free_func(unref_value);
    GHashTableIter iter;
    gpointer value;

    g_mutex_lock(&list->lock);
    g_hash_table_iter_init(&iter, list->by_uuid);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(all, libxl_domain_ref(value));
    g_mutex_unlock(&list->lock);

    for (guint i = all->len; i > 0; i--) {
        if (!libxl_domain_has_definition(all->pdata[i - 1]))
            g_ptr_array_remove_index_fast(all, i - 1);
    }
    return all;
}

LibxlDomain *
libxl_domain_list_find_id(LibxlDomainList *list, int id)
{
    LibxlDomain *domain = id < 0 ? NULL : peek(list, list->by_id, GINT_TO_POINTER(id));

    /* It may have stopped meanwhile. */
    if (domain && libxl_domain_get_id(domain) != id)
        g_clear_pointer(&domain, libxl_domain_unref);
    return domain;
}

void
libxl_domain_list_enter_id(LibxlDomainList *list, LibxlDomain *domain, int id)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&list->lock);

    if (id >= 0)
        g_hash_table_insert(list->by_id, GINT_TO_POINTER(id), domain);
}

void
libxl_domain_list_leave_id(LibxlDomainList *list, LibxlDomain *domain, int id)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&list->lock);

    if (id >= 0 && g_hash_table_lookup(list->by_id, GINT_TO_POINTER(id)) == domain)
        g_hash_table_remove(list->by_id, GINT_TO_POINTER(id));
}

static bool
check_name_and_uuid(LibxlDomain *by_uuid, LibxlDomain *by_name, const char *name, GError **error)
{
    char text[UUID_STRING_SIZE];

    if (by_uuid && strcmp(by_uuid->name, name) != 0) {
        uuid_format(by_uuid->uuid, text);
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("domain '%s' is already defined with uuid %s"), by_uuid->name,
                                text);
    }
    if (by_name && by_name != by_uuid) {
        uuid_format(by_name->uuid, text);
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("domain '%s' already exists with uuid %s"), name, text);
    }
    return true;
}

LibxlDomain *
libxl_domain_list_obtain(LibxlDomainList *list, const char *name, const guint8 *uuid,
                         GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&list->lock);
    LibxlDomain *domain = g_hash_table_lookup(list->by_uuid, uuid);

    if (!check_name_and_uuid(domain, g_hash_table_lookup(list->by_name, name), name, error))
        return NULL;
    if (!domain) {
        domain = libxl_domain_new(list, name, uuid);
        g_hash_table_insert(list->by_uuid, domain->uuid, domain);
        g_hash_table_insert(list->by_name, domain->name, domain);
    }
    return libxl_domain_ref(domain);
}

void
libxl_domain_list_prune(LibxlDomainList *list, LibxlDomain *domain)
{
    g_autoptr(LibxlDomain) keep = libxl_domain_ref(domain);

    if (libxl_domain_has_definition(domain))
        return;
    g_mutex_lock(&domain->lock);
    domain->is_removed = true;
    g_mutex_unlock(&domain->lock);
    g_mutex_lock(&list->lock);
    /* Another one may have taken its place since it was taken out. */
    if (g_hash_table_lookup(list->by_uuid, domain->uuid) == domain) {
        g_hash_table_remove(list->by_name, domain->name);
        g_hash_table_remove(list->by_uuid, domain->uuid);
    }
    g_mutex_unlock(&list->lock);
}

/* --- renaming ------------------------------------------------------------------ */

LibxlDomain *
libxl_domain_list_reserve(LibxlDomainList *list, LibxlDomain *domain, const char *name,
                          GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&list->lock);
    LibxlDomain *next;

    if (!check_name_and_uuid(NULL, g_hash_table_lookup(list->by_name, name), name, error))
        return NULL;
    next = libxl_domain_new(list, name, domain->uuid);
    libxl_domain_try_job(next);
    g_hash_table_insert(list->by_name, next->name, next);
    return next;
}

void
libxl_domain_list_release(LibxlDomainList *list, LibxlDomain *reserved)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&list->lock);

    g_hash_table_remove(list->by_name, reserved->name);
}

void
libxl_domain_list_replace(LibxlDomainList *list, LibxlDomain *domain, LibxlDomain *next)
{
    g_mutex_lock(&list->lock);
    g_hash_table_remove(list->by_name, domain->name);
    /* The key is part of the value. */
    g_hash_table_replace(list->by_uuid, next->uuid, libxl_domain_ref(next));
    g_mutex_unlock(&list->lock);
    g_mutex_lock(&domain->lock);
    domain->is_removed = true;
    g_mutex_unlock(&domain->lock);
}
