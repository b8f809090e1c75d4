/* libvirt's schema of domain XML, for clients that ask for validation.
 *
 * The client library brings the schema (domain.rng, RelaxNG), so it is the one that
 * `virt-xml-validate` goes by. It is read when somebody first asks, which takes some
 * milliseconds; a validation takes less than one. Both are for a worker, not for the
 * event loop. May be used by several threads at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Where the client library installs the schema, and that of a <cpu> by itself. */
#define DOMAIN_SCHEMA_PATH     "/usr/share/libvirt/schemas/domain.rng"
#define DOMAIN_SCHEMA_CPU_PATH "/usr/share/libvirt/schemas/cpu.rng"

typedef struct DomainSchema DomainSchema;

/* A schema that is to be read from @path. Touches no file yet. */
DomainSchema *domain_schema_new(const char *path);
void domain_schema_free(DomainSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainSchema, domain_schema_free)

/* Validates the <domain> document @xml. Errors: VIR_ERR_XML_INVALID_SCHEMA, which
 * names the element; VIR_ERR_INTERNAL_ERROR if there is no schema (it is looked
 * for again next time); conf_xml_parse()'s. */
bool domain_schema_validate(DomainSchema *schema, const char *xml, GError **error);

/* The same of the <cpu> document @xml, by a schema of those. */
bool domain_schema_validate_cpu(DomainSchema *schema, const char *xml, GError **error);
