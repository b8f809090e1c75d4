/* What applications note about a domain: its title, its description, and in <metadata>
 * one element for each application, told apart by namespace.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "conf/domain_conf.h"

/* Returns it as a new string. @type: virDomainMetadataType; @uri: the namespace of an
 * element. Errors: VIR_ERR_NO_DOMAIN_METADATA, VIR_ERR_INVALID_ARG for an unknown type. */
char *domain_metadata_get(const DomainDef *def, int type, const char *uri, GError **error);

/* Sets it. NULL or, of title and description, "" removes it. An element is put into the
 * namespace @uri with the prefix @key. Errors: VIR_ERR_INVALID_ARG, and
 * VIR_ERR_XML_DETAIL or VIR_ERR_XML_ERROR for an element that isn't one. */
bool domain_metadata_set(DomainDef *def, int type, const char *value, const char *key,
                         const char *uri, GError **error);
